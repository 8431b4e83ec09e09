"""mailbot reads what clients send back, opens tickets, answers at once, and loses or doubles nothing."""

__version__ = "0.1.0"
