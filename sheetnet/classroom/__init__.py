"""A class: a workbook for each learner, and what their answers were worth. For the commands assign and grade."""

from sheetnet.classroom.answers import Right, right_answers
from sheetnet.classroom.assigning import Assigned, assign
from sheetnet.classroom.grades import Grades
from sheetnet.classroom.grading import grade

__all__ = ["Assigned", "Grades", "Right", "assign", "grade", "right_answers"]
