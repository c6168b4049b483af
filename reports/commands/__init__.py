"""The commands: each reads some views and makes a report of them."""
