"""Files of Playwright → canonical recordings: `files` tells them apart; scripts, jsonl and traces have readers."""
