//! What the tests need around Keystead: processes, databases, upstreams, plugins.
