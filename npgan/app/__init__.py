"""What the command `npgan` does: it trains, keeps files, draws, asks and answers. Nothing below imports it."""
