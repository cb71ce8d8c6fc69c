"""Names that the scripts we export share with the importer that reads them again."""

REPLAY_ROW = "replay_row"  # what is done for one row; its arguments are the recording's variables
BEST_OF = "best_of"  # several locators of one element, the best first
NAMED = "named"  # a name as a whole, whatever its case and its colon
TICKED = "ticked"  # whether a word of a table means yes
SUBMIT = "element => (element.form || element).requestSubmit()"
