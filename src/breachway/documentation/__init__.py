"""The documentation that follows from the threat language and its tables."""

from breachway.documentation.book import all_pages

__all__ = ["all_pages"]
