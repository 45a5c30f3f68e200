//! Tables: every button says why it may not be pressed, every row says why it is as it is.
