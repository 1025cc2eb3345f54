"""What things are: frozen models and closed enums. No I/O; pydantic only."""
