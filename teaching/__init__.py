"""For teachers: handouts, a grader, a bank of questions, plans, and what to mark."""
