"""A class: a workbook for each learner, and what their answers were worth. For the commands assign and grade."""

from sheetnet.classroom.assigning import Assigned, assign
from sheetnet.classroom.grades import Grades
from sheetnet.classroom.grading import grade

__all__ = ["Assigned", "Grades", "assign", "grade"]
