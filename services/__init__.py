"""The four services, one room plan. They exchange events and import nothing of one another."""
