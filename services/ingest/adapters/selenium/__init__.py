"""Projects and test cases of Selenium IDE → canonical recordings: `ide` is where it begins."""
