"""The ground floor: what things are.

Tables, code sets, the calendar, identifiers, indicators and reference data. Everything above derives
from what is declared here; nothing here knows how or when it is used.
"""
