"""A city in simulated time that tries out the order of asking. No database; the policy module is the product's own."""
