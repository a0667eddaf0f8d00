"""The textbook: drum patterns by style, written down by hand, and the rules that vary them."""
