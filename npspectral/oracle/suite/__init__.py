"""The suite: which cases there are, the files that hold them, and a case as a candidate sees it."""
