//! The root key in the environment.

use crate::domain::secret::Secret;

/// The variable that may hold the root key's text. There is no option for it: command lines are seen
/// by everybody on the machine.
pub const ROOT_KEY_VARIABLE: &str = "KEYSTEAD_ROOT_KEY";

/// The root key's text from the environment. A variable that is set but empty counts as not given.
pub fn root_key_from_env() -> Option<Secret> {
    std::env::var_os(ROOT_KEY_VARIABLE)
        .filter(|text| !text.is_empty())
        .map(|text| Secret::new(text.to_string_lossy().into_owned()))
}
