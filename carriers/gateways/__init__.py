"""The partners whose programs we call. Each call ends in time, or says that nobody answered."""
