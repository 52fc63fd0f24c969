//! Every text of the pages, in one place. Another language is another value of [`Texts`].

use std::fmt::Display;

macro_rules! texts {
    ($($name:ident: $text:literal,)*) => {
        /// The texts of one language. `{name}` stands for what [`fill`] puts there.
        pub(super) struct Texts {
            $(pub(super) $name: &'static str,)*
        }

        /// English.
        pub(super) static TEXTS: Texts = Texts { $($name: $text,)* };
    };
}

texts! {
    lang: "en",
    // The frame
    skip: "Skip to content",
    menu: "Main",
    trail: "You are in",
    credentials: "Credentials",
    flows: "Flows",
    components: "Components",
    workspace: "Workspace",
    sign_out: "Sign out",
    cancel: "Cancel",
    back: "Back",
    optional: "optional",
    never: "never",
    previous: "Previous",
    next: "Next",
    more_pages: "More",
    to_start: "To the start page",
    request_id: "If you ask somebody about this, name the request:",
    // Signing in
    sign_in: "Sign in",
    sign_in_to: "Sign in to Keystead",
    sign_in_help: "No account yet? An operator of this installation makes one with `keystead user add`.",
    signed_out: "You are signed out.",
    user_name: "User name",
    user_name_help: "Letters, digits and . _ - @ +; upper and lower case are the same.",
    user_name_invalid: "A user name has 1 to 100 of A-Z, a-z, 0-9 and . _ - @ +, and begins with a letter or digit.",
    password: "Password",
    old_password: "Present password",
    new_password: "New password",
    new_password_help: "At least 12 characters. A sentence that only you would think of is a good one.",
    welcome: "Welcome to Keystead",
    welcome_first: "Choose how you sign in. You will be the administrator of the workspace default and an operator of this installation.",
    welcome_member: "Choose how you sign in.",
    welcome_reset: "Choose a new password.",
    welcome_do: "Save and sign in",
    link_gone: "One-time links open once and for a limited time. If you have used it, sign in; else ask an operator for another one (`keystead user add`, or start the service anew where nobody has an account).",
    // Account
    roles_operator: "Operator of this installation",
    role_in: "{workspace}: {rights}",
    sessions: "Where you are signed in",
    sessions_help: "Each line is a browser. Signing out everywhere ends all of them, this one too.",
    session_started: "Signed in {time}",
    session_seen: "last seen {time}",
    this_session: "this browser",
    sign_out_everywhere: "Sign out everywhere",
    change_password: "Change password",
    password_changed: "Your password is changed; all other browsers are signed out.",
    // Components and credentials
    credentials_help: "By component. The number says how many credentials there are.",
    create_new_credential: "Create New Credential",
    add_new_credential: "Add New Credential",
    choose_component: "Which application is it for?",
    no_components: "No components are installed",
    no_components_operator: "A component is a plugin that knows how to ask an application whether it accepts a credential. Install the first one.",
    no_components_member: "A component knows how to ask an application whether it accepts a credential. Ask an operator of this installation to install the first one.",
    install_component: "Install a component",
    none_yet: "none yet",
    credential_one: "1 credential",
    credential_many: "{n} credentials",
    attention_one: "1 needs attention",
    attention_many: "{n} need attention",
    no_credentials: "No credentials yet",
    no_credentials_help: "Add one: it is tried out with the application, and saved only if that accepts it.",
    nothing_found: "Nothing found",
    show_all: "Show all",
    search: "Search",
    search_placeholder: "Name or account",
    sort: "Sort by",
    sort_name: "Name",
    sort_newest: "Newest first",
    sort_verified: "Last verified",
    sort_status: "Needs attention first",
    search_limit: "There are more than {n} credentials: these are the first whose names begin with the text, upper and lower case apart.",
    name: "Name",
    account: "Account",
    status: "Status",
    last_verified: "Last verified",
    used_by: "Used by",
    usage_none: "no flow",
    usage: "{steps}, {flows}",
    step_one: "1 step",
    step_many: "{n} steps",
    active_flow_none: "no active flow",
    active_flow_one: "1 active flow",
    active_flow_many: "{n} active flows",
    // Status
    verified: "Verified",
    verified_means: "The application accepted it.",
    unverified: "Unverified",
    unverified_means: "It was saved although nobody could say whether the application accepts it.",
    rejected: "Rejected",
    rejected_means: "The application refused it when it was verified last.",
    reauthorize: "Reauthorize",
    reauthorize_means: "Somebody has to authorize it again.",
    active: "Active",
    inactive: "Inactive",
    faulty: "Faulty",
    // The form
    new_title: "New {component} credential",
    edit_title: "Edit {name}",
    link_note: "It will be used by step {step} of the flow {flow}.",
    account_name: "Account name",
    account_name_help: "How you will find it again. Left empty, it is called after the account that the application names.",
    account_name_invalid: "Use 1 to 200 visible characters.",
    secret_kept: "stored; stays unless you type another",
    forget_secret: "Remove the stored one",
    choose: "Choose …",
    show: "Show",
    hide: "Hide",
    help_link: "Where do I find this?",
    promise: "Before anything is saved, {component} is asked whether it accepts the credential.",
    promise_edit: "Before anything is replaced, {component} is asked whether it accepts the new values. A change of the name alone asks nobody.",
    promise_used: "{flows} would use the new values from then on.",
    verify_and_save: "Verify and save",
    try_again: "Try again",
    save_unverified: "Save unverified",
    stage_checking: "Checking what you typed …",
    stage_waiting: "Getting ready …",
    stage_running: "Starting the verifier …",
    stage_connecting: "Connecting …",
    stage_asking: "Waiting for {component} …",
    stage_saving: "Saving …",
    stage_cancelled: "Cancelled. Nothing was saved.",
    stage_broken: "The connection broke before there was an answer. Look at the list before trying again.",
    outcome_fields: "Please correct this",
    outcome_rejected: "{component} does not accept it",
    outcome_undecided: "{component} could not be asked",
    outcome_undecided_text: "{reason} Nothing was saved. Try again, or save it unverified and verify it later.",
    outcome_undecided_stored: "{reason} The credential stays as it was. Try again later.",
    outcome_failed: "The verifier failed",
    outcome_busy: "Too much is going on",
    outcome_busy_text: "Nothing was sent. Try again in {wait}.",
    outcome_too_many_failures: "Too many attempts have failed",
    outcome_too_many_failures_text: "So many credentials for {host} were wrong that nothing more is sent there for {wait}. Look for the right one before you try again: each wrong one makes the wait longer.",
    outcome_refused: "It was not saved",
    outcome_not_verified: "It could not be verified",
    resend_secret: "must be typed again, since it would go to another address than before",
    created: "Saved: the application accepted it.",
    created_for_step: "Saved: the application accepted it. The step uses it now.",
    created_unverified: "Saved without an answer from the application. Verify it when the application can be reached.",
    replayed: "This form was sent before. Its credential was created then, and only once.",
    edited: "Saved.",
    edited_verified: "Saved: the application accepted the new values.",
    now_valid: "The application accepts it.",
    now_invalid: "{component} does not accept it",
    // A credential's page
    verify_now: "Verify now",
    edit: "Edit",
    delete: "Delete",
    details: "Details",
    fields: "Fields",
    secret_stored: "stored, never shown",
    nothing_stored: "empty",
    yes: "yes",
    no: "no",
    fact_account: "Account",
    fact_account_id: "Account id",
    fact_verified: "Last verified",
    fact_release: "Verifier",
    fact_destinations: "Secrets may go to",
    fact_used: "Last used by a flow",
    fact_created: "Created",
    fact_changed: "Changed",
    where_used: "Where used",
    not_used: "No flow uses it.",
    more_usages: "and {n} more",
    replace_in_flows: "Replace in flows",
    history: "Verifications",
    history_help: "What was asked and where secrets were placed; never the secrets themselves.",
    outcome_valid: "accepted",
    outcome_invalid: "refused",
    outcome_doubtful: "could not be asked",
    outcome_other: "no answer: {outcome}",
    answered: "{status}",
    failed: "no answer: {failure}",
    withheld: "{status}, answer withheld from the verifier: {why}",
    placed: "{sealed} in {place} {name}",
    by_release: "{component} {version}, {digest}, took {ms} ms",
    // Deleting and replacing
    delete_title: "Delete {name}?",
    delete_unused: "No flow uses it. It cannot be brought back.",
    delete_linked: "No active flow uses it. These inactive flows will have no credential in these steps afterwards. It cannot be brought back.",
    delete_for_good: "Delete for good",
    deleted: "The credential is deleted.",
    in_use_title: "Active flows use it, so it cannot be deleted",
    in_use: "Without it these flows would break. Give them another credential, or deactivate or delete the flows; then delete it.",
    stored_now: "Stored now: {value}",
    changed_meanwhile: "It was changed while you looked at it. Please look again.",
    replace_title: "Replace {name} in flows",
    replace_help: "The steps that hold it get another credential of the same component, all at once.",
    replace_with: "With which credential?",
    replace_where: "In which flows?",
    replace_more: "and in all others that use it ({n} steps in all)",
    replace_unverified: "Also if it is not verified",
    replace_do: "Replace",
    replace_choose: "Choose a credential and at least one flow.",
    replaced: "The flows use the other credential now.",
    no_others: "There is no other credential of this component",
    no_others_help: "Add one first; then the flows can be given that.",
    // Flows
    flows_help: "The platform makes flows; here their steps are given credentials.",
    no_flows: "No flows yet",
    no_flows_help: "Flows are made by the platform: `PUT /v1/flows/{id}`, or `keystead flow put`.",
    steps: "Steps",
    no_steps: "The flow has no steps.",
    activate: "Activate",
    deactivate: "Deactivate",
    activated: "The flow is active.",
    deactivated: "The flow is inactive.",
    credential_missing: "needs a credential",
    no_credential_needed: "needs none",
    choose_credential: "Choose credential",
    change_credential: "Change credential",
    cannot_activate: "The flow cannot be active",
    cannot_change: "Nothing was changed: the flow is active, and could not go on",
    unready_missing: "Step {step} has no credential.",
    unready_rejected: "The application has refused the credential of step {step}.",
    unready_reauthorize: "Somebody has to authorize the credential of step {step} again.",
    step_title: "Credential of step {step}",
    step_without_choice: "Create one here: it is used by this step as soon as it is saved.",
    choose_existing: "Choose an existing one",
    choose_limit: "Only the first {n} by name are listed.",
    choose_one: "Choose one of the credentials.",
    use_it: "Use it in this step",
    clear_credential: "Take the credential away from this step",
    chosen: "The step uses another credential now.",
    cleared: "The step has no credential now.",
    gone: "It is there no more. Please look again.",
    // Components of the installation
    components_help: "Plugins that verify credentials, for all workspaces of this installation.",
    component: "Component",
    release: "Release",
    digest: "Digest",
    version: "Version",
    installed_at: "Installed",
    authorization: "Authorization",
    credentials_in_all: "Credentials in all workspaces",
    component_active: "Running",
    faulty_title: "It cannot verify",
    asks_for: "What it asks for",
    asks_nothing: "It asks for nothing: it may contact nobody.",
    install_title: "Install a component",
    consent_title: "Install {component}?",
    consent_help: "Nothing else is allowed to it. Installing it is your consent.",
    release_of: "Release {version} of {id}",
    allow_and_install: "Allow this and install",
    plugin_file: "Plugin file",
    plugin_file_help: "A WebAssembly component (.wasm). It is looked at first; nothing is installed before you have seen what it asks for.",
    examine: "Look at it",
    plugin_missing: "Choose the file of a plugin.",
    plugin_refused: "This plugin cannot be installed",
    plugin_forgotten: "The file is kept for 15 minutes only. Please choose it again.",
    installed: "The component is installed.",
    already_installed: "Exactly this release was installed already.",
    remove_component: "Remove the component",
    remove_component_help: "Only possible while no credential and no step of any workspace refers to it.",
    removed: "The component is removed.",
}

/// A text with values in the places of its `{name}`s.
pub(super) fn fill(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            values.iter().find(|(given, _)| *given == name).map(|(_, value)| (value, after))
        });
        match known {
            Some((value, after)) => {
                filled.push_str(&value.to_string());
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Plain(String),
    /// Between asterisks: the title of a field.
    Title(String),
    /// Between backticks: what stands so in a request or a command.
    Code(String),
}

/// The parts of a sentence that names titles and codes. A sign without its other half is a sign.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '`']) {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let (sign, after) = after.split_at(1);
        match after.split_once(sign) {
            Some((inside, after)) if !inside.is_empty() => {
                found.push(Piece::Plain(std::mem::take(&mut plain)));
                let inside = inside.to_owned();
                found.push(if sign == "*" { Piece::Title(inside) } else { Piece::Code(inside) });
                rest = after;
            }
            _ => {
                plain.push_str(sign);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    found.push(Piece::Plain(plain));
    found.retain(|piece| *piece != Piece::Plain(String::new()));
    found
}

/// A number of things: the text for one, or the text for many with `{n}`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    if n == 1 { one.to_owned() } else { fill(many, &[("n", &n)]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in_once_and_never_read_again() {
        let text = fill("{a} and {b}, {c}", &[("a", &"{b}"), ("b", &2)]);
        assert_eq!(text, "{b} and 2, {c}");
        assert_eq!(fill("{", &[]), "{");
        assert_eq!(
            pieces("*Key* goes to `a*b` at 2 * 3"),
            [
                Piece::Title("Key".into()),
                Piece::Plain(" goes to ".into()),
                Piece::Code("a*b".into()),
                Piece::Plain(" at 2 * 3".into())
            ]
        );
        assert_eq!(
            (count(1, "1 step", "{n} steps"), count(0, "", "{n} steps")),
            ("1 step".into(), "0 steps".into())
        );
    }
}
