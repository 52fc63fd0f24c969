//! Every problem that the API tells of. This table is the only place that knows which one has which status.

use http::StatusCode;

/// What an error is about: the stable part of a problem document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What stands in the URL's query, or is missing from the request's head.
    QueryInvalid,
    JsonMalformed,
    CursorInvalid,
    Unauthenticated,
    MissingRight,
    WrongTokenKind,
    /// A form of the pages that another site has sent.
    CrossSite,
    /// A one-time link that was used, replaced or has expired.
    LinkGone,
    NotFound,
    MethodNotAllowed,
    BodyTooSlow,
    ComponentInstalled,
    CredentialChanged,
    CredentialInUse,
    CredentialNotVerified,
    FlowNotReady,
    FlowInactive,
    StepWithoutCredential,
    LinkLost,
    ComponentInUse,
    PreconditionFailed,
    BodyTooLarge,
    MediaTypeUnsupported,
    RequestInvalid,
    FieldsInvalid,
    SecretsMustBeResent,
    IdempotencyKeyReused,
    UnknownComponent,
    UnknownCredential,
    LinkRefused,
    DestinationRefused,
    CredentialRejected,
    PluginRefused,
    VerificationUndecided,
    TooManyVerifications,
    TooManyFailures,
    HeadersTooLarge,
    Internal,
    VerifierFailed,
    NotReady,
    Unavailable,
    TookTooLong,
    /// A verifier failure by running out of time.
    VerifierLate,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub kind: Kind,
    /// The last segment of the problem's `type`. Stable.
    pub slug: &'static str,
    pub status: StatusCode,
    /// The same for every occurrence.
    pub title: &'static str,
    /// What it means and what to do, for whoever follows the link.
    pub explanation: &'static str,
}

const fn row(
    kind: Kind,
    slug: &'static str,
    status: StatusCode,
    title: &'static str,
    explanation: &'static str,
) -> Row {
    Row { kind, slug, status, title, explanation }
}

/// Every problem that the API tells of.
pub const PROBLEMS: &[Row] = &[
    row(
        Kind::QueryInvalid,
        "request-invalid",
        StatusCode::BAD_REQUEST,
        "The request is not valid",
        "A parameter of the URL is unknown, or it or a header has a value that it cannot have. `detail` names it.",
    ),
    row(
        Kind::JsonMalformed,
        "json-malformed",
        StatusCode::BAD_REQUEST,
        "The body is not acceptable JSON",
        "The body is no JSON, nests too deep, or names a member twice. `detail` says where.",
    ),
    row(
        Kind::CursorInvalid,
        "cursor-invalid",
        StatusCode::BAD_REQUEST,
        "The cursor is not valid here",
        "A cursor continues the list that it came from: the same workspace and the same filter. Begin again without a cursor.",
    ),
    row(
        Kind::Unauthenticated,
        "unauthenticated",
        StatusCode::UNAUTHORIZED,
        "A valid token is needed",
        "Send one header `Authorization: Bearer kst_…` with a token of this installation that has not expired.",
    ),
    row(
        Kind::MissingRight,
        "missing-right",
        StatusCode::FORBIDDEN,
        "The token lacks a right",
        "The token is valid, but was made without the right that `right` names. Use or make one that has it.",
    ),
    row(
        Kind::WrongTokenKind,
        "wrong-token-kind",
        StatusCode::FORBIDDEN,
        "The other kind of token is needed",
        "Credentials need a workspace's token (kst_w_…), installing components needs the installation's (kst_i_…).",
    ),
    row(
        Kind::CrossSite,
        "cross-site",
        StatusCode::FORBIDDEN,
        "The form came from elsewhere",
        "Forms of the pages are taken from those pages alone, as the browser tells, with the token that the page carries. Nothing was done.",
    ),
    row(
        Kind::LinkGone,
        "link-gone",
        StatusCode::GONE,
        "This link opens nothing any more",
        "One-time links open once and for a limited time. Ask an operator for another one.",
    ),
    row(
        Kind::NotFound,
        "not-found",
        StatusCode::NOT_FOUND,
        "There is nothing here",
        "The path or the id does not exist, or belongs to somebody else, which looks the same.",
    ),
    row(
        Kind::MethodNotAllowed,
        "method-not-allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "The path does not know this method",
        "The header `Allow` lists the methods of this path.",
    ),
    row(
        Kind::BodyTooSlow,
        "body-too-slow",
        StatusCode::REQUEST_TIMEOUT,
        "The body did not arrive in time",
        "The body was not complete within the service's time limit, or the connection broke. Nothing was done. Send it again.",
    ),
    row(
        Kind::ComponentInstalled,
        "component-installed",
        StatusCode::CONFLICT,
        "The component is installed already",
        "Another release of this component is installed. Installing the same bytes again is fine, other ones are not.",
    ),
    row(
        Kind::CredentialChanged,
        "credential-changed",
        StatusCode::CONFLICT,
        "The credential was changed meanwhile",
        "The credential was changed or deleted while it was being verified. Read it again, then decide.",
    ),
    row(
        Kind::CredentialInUse,
        "credential-in-use",
        StatusCode::CONFLICT,
        "Active flows use the credential",
        "Without the credential these flows would break, so nothing was deleted. `flows` lists the first 20 steps that hold it, by flow, `total` how many do. Give them another credential (`POST /v1/credentials/{id}/replace`), or deactivate or delete the flows; then delete it.",
    ),
    row(
        Kind::CredentialNotVerified,
        "credential-not-verified",
        StatusCode::CONFLICT,
        "The credential is not verified",
        "Steps are given another credential only when that is `verified`. Nothing was changed. Verify it first, or send `accept_unverified`.",
    ),
    row(
        Kind::FlowNotReady,
        "flow-not-ready",
        StatusCode::CONFLICT,
        "Steps of the flow are not ready",
        "An active flow needs a working credential in every step whose component needs one. `steps` lists those that stand in the way, and why. Nothing was changed. Choose credentials for them.",
    ),
    row(
        Kind::FlowInactive,
        "flow-inactive",
        StatusCode::CONFLICT,
        "The flow is not active",
        "Credentials are leased to active flows alone. Activate the flow.",
    ),
    row(
        Kind::StepWithoutCredential,
        "step-without-credential",
        StatusCode::CONFLICT,
        "The step holds no credential",
        "The step's component needs none, and none was chosen: there is nothing to lease.",
    ),
    row(
        Kind::LinkLost,
        "link-lost",
        StatusCode::CONFLICT,
        "The step is there no more",
        "The step that was to hold the credential, or its flow, went away or got another component while the credential was being verified. Nothing was saved.",
    ),
    row(
        Kind::ComponentInUse,
        "component-in-use",
        StatusCode::CONFLICT,
        "The component is in use",
        "`credentials` of the component and `steps` that name it are left, in all workspaces together. Nothing was removed. Delete them first.",
    ),
    row(
        Kind::PreconditionFailed,
        "precondition-failed",
        StatusCode::PRECONDITION_FAILED,
        "It is not in that state",
        "`If-Match` names none of the states that the credential or flow is in: somebody changed it, or it was verified again. Nothing was changed. Read it again, then decide.",
    ),
    row(
        Kind::BodyTooLarge,
        "body-too-large",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large",
        "`limit` is the largest body, in bytes, that this path takes.",
    ),
    row(
        Kind::MediaTypeUnsupported,
        "media-type-unsupported",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body has another media type",
        "`expected` is the media type that this path takes, sent without `Content-Encoding`.",
    ),
    row(
        Kind::RequestInvalid,
        "request-invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The request is not valid",
        "The body is JSON but not what this path takes. `errors` lists everything that is wrong, by JSON Pointer.",
    ),
    row(
        Kind::FieldsInvalid,
        "fields-invalid",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The fields are not valid",
        "The credential's fields do not follow the component's schema. `errors` lists everything that is wrong, by JSON Pointer into `fields`.",
    ),
    row(
        Kind::SecretsMustBeResent,
        "secrets-must-be-resent",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The secrets must be sent again",
        "A stored secret goes only where it went when it was saved. What was asked would send it elsewhere: send every stored secret that `errors` lists again, or remove it with null. Nothing was changed.",
    ),
    row(
        Kind::IdempotencyKeyReused,
        "idempotency-key-reused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The key belongs to another request",
        "A request with this `Idempotency-Key` and another body has created a credential within the last 24 hours. Use a new key for a new request.",
    ),
    row(
        Kind::UnknownComponent,
        "unknown-component",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The component is not installed",
        "No component with this id is installed. `GET /v1/components` lists those that are.",
    ),
    row(
        Kind::UnknownCredential,
        "unknown-credential",
        StatusCode::UNPROCESSABLE_ENTITY,
        "There is no such credential for this component",
        "A step holds a credential of its own component and workspace. `errors` lists what names none such. Nothing was changed. `GET /v1/credentials?component=…` lists those that may be chosen.",
    ),
    row(
        Kind::LinkRefused,
        "link-refused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The credential cannot be linked to this step",
        "`link` names no step of a flow, or one of another component. Nothing was verified or saved.",
    ),
    row(
        Kind::DestinationRefused,
        "destination-refused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The destination is not allowed",
        "The field that `field` points to names a destination that must not be contacted. Nothing was saved. An operator's allowance can permit it.",
    ),
    row(
        Kind::CredentialRejected,
        "credential-rejected",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The application refused the credential",
        "The verifier found that the application does not accept the credential. Nothing was saved. `reason` says why, `field` which field to correct.",
    ),
    row(
        Kind::PluginRefused,
        "plugin-refused",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The plugin cannot be installed",
        "The file is no component that follows Keystead's contract. `errors` lists what is wrong.",
    ),
    row(
        Kind::VerificationUndecided,
        "verification-undecided",
        StatusCode::FAILED_DEPENDENCY,
        "The application could not be asked",
        "Nobody can say whether the credential is right. Nothing was saved. Try again later, or save it unverified with `accept_unverified`.",
    ),
    row(
        Kind::TooManyVerifications,
        "too-many-verifications",
        StatusCode::TOO_MANY_REQUESTS,
        "Too many verifications are running",
        "The service bounds how many verifications run and wait, in all, for each workspace and for each destination host, and how many a workspace begins with one component in a minute. Nothing has run. Send the request again after `retry_after` seconds.",
    ),
    row(
        Kind::TooManyFailures,
        "too-many-failures",
        StatusCode::TOO_MANY_REQUESTS,
        "Too many verifications have failed",
        "A workspace may try few wrong credentials in an hour at the destination that `host` names, so that nobody guesses passwords here. Nothing was sent. Send the request again after `retry_after` seconds, with a credential that is right: each one that is wrong doubles the wait, up to an hour.",
    ),
    row(
        Kind::HeadersTooLarge,
        "headers-too-large",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "The request's head is too large",
        "The URL and the headers together are larger, or there are more headers, than the service takes.",
    ),
    row(
        Kind::Internal,
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "The service made a mistake",
        "The fault is ours, not the request's. The service's log has the cause under `request_id`.",
    ),
    row(
        Kind::VerifierFailed,
        "verifier-failed",
        StatusCode::BAD_GATEWAY,
        "The component's verifier failed",
        "The plugin trapped, broke the contract or did what its descriptor does not declare. `failure` says which. Nothing was saved as verified.",
    ),
    row(
        Kind::NotReady,
        "not-ready",
        StatusCode::SERVICE_UNAVAILABLE,
        "The service is not ready",
        "The service runs, but cannot work yet or at the moment. `detail` says what is missing.",
    ),
    row(
        Kind::Unavailable,
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "The service cannot work at the moment",
        "The database is out of reach or too busy. Nothing was changed. Try again later.",
    ),
    row(
        Kind::TookTooLong,
        "took-too-long",
        StatusCode::SERVICE_UNAVAILABLE,
        "The request took too long",
        "The service stopped waiting. The work may still finish: look at the outcome before sending the request again.",
    ),
    row(
        Kind::VerifierLate,
        "verifier-failed",
        StatusCode::GATEWAY_TIMEOUT,
        "The component's verifier failed",
        "The plugin ran out of its time. Nothing was saved as verified.",
    ),
];

impl Kind {
    /// Its row.
    pub fn row(self) -> &'static Row {
        PROBLEMS.iter().find(|row| row.kind == self).unwrap_or(&INTERNAL)
    }

    /// The problem that a bare status of the framework stands for.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::BodyTooSlow,
            StatusCode::PRECONDITION_FAILED => Self::PreconditionFailed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::MediaTypeUnsupported,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadersTooLarge,
            status if status.is_client_error() => Self::QueryInvalid,
            _ => Self::Internal,
        }
    }
}

const INTERNAL: Row =
    row(Kind::Internal, "internal", StatusCode::INTERNAL_SERVER_ERROR, "The service made a mistake", "");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_row_and_an_explanation() {
        for row in PROBLEMS {
            assert_eq!(row.kind.row().slug, row.slug);
            assert!(row.status.is_client_error() || row.status.is_server_error(), "{}", row.slug);
            assert!(
                row.slug.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
                    && row.explanation.ends_with('.')
            );
        }
    }
}
