"""Events with a venue, speakers and a programme."""
