"""The tests, in folders that mirror the code; helpers/ has what they share."""
