"""The transfer engine: what every provider shares. It never knows a provider by name."""
