//! Tampering, swapping and finding keys.
