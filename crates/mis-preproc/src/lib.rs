//! From raw scan to network input, and exactly back.
