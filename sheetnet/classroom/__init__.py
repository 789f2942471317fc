"""A class: a workbook for each learner, what their answers were worth, a page for the teacher. For the commands assign,
grade and slides.
"""

from sheetnet.classroom.answers import Right, right_answers
from sheetnet.classroom.assigning import Assigned, assign
from sheetnet.classroom.grades import Grades
from sheetnet.classroom.grading import grade
from sheetnet.classroom.handouts import OwnTable

__all__ = ["Assigned", "Grades", "OwnTable", "Right", "assign", "grade", "right_answers"]
