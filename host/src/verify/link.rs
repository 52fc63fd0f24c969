//! Whether a credential that is to be saved can be linked to its step.

use super::VerifyError;
use crate::app::App;
use crate::domain::fields::Violation;
use crate::domain::flow::Link;
use crate::domain::id::{ComponentId, WorkspaceId};

/// Looks before anything is verified, so that nobody's key travels in vain. The step may vanish later all
/// the same: then saving refuses it.
///
/// # Errors
/// [`VerifyError::LinkRefused`].
pub(super) async fn check(
    app: &App,
    workspace: &WorkspaceId,
    component: &ComponentId,
    step: &Link,
) -> Result<(), VerifyError> {
    let refused = |pointer: &str, message: String| VerifyError::LinkRefused(Violation::new(pointer, message));
    match app.store.step_component(workspace, step).await? {
        None => Err(refused("/link/flow", "names no flow of this workspace".to_owned())),
        Some(None) => Err(refused("/link/step", "names no step of this flow".to_owned())),
        Some(Some(found)) if found != *component => {
            let message =
                format!("names a step of component `{found}`, which takes only its own credentials");
            Err(refused("/link/step", message))
        }
        Some(Some(_)) => Ok(()),
    }
}
