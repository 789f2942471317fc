"""Checking a workbook: read it as it stands, recalculate a poisoned copy, compare block by block."""

from sheetnet.checking.blocks import check, checking
from sheetnet.checking.report import BlockReport, Finding, Report

__all__ = ["BlockReport", "Finding", "Report", "check", "checking"]
