"""The roof: when and where it runs. Jobs, schedules, sensors, settings and the command line."""
