//! Rights in the wrong kind of token. No token is made with them; one that had them would open nothing.

use keystead::domain::id::WorkspaceId;
use keystead::domain::rights::{Principal, Right, Scope};

fn principal(scope: Scope, right: Right) -> Principal {
    Principal { token: format!("tok_{}", "0".repeat(26)).parse().unwrap(), scope, rights: vec![right] }
}

#[test]
fn an_umbrella_of_the_other_kind_of_token_covers_nothing() {
    let workspace = Scope::Workspace(WorkspaceId::default_workspace());
    for (scope, umbrella) in [(workspace, Right::Operator), (Scope::Installation, Right::Admin)] {
        let principal = principal(scope, umbrella);
        let open: Vec<Right> = Right::all().into_iter().filter(|right| principal.has(*right)).collect();
        assert_eq!(open, [Right::ComponentsRead], "{umbrella}");
    }
}
