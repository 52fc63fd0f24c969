//! Names that are judged before they are looked up.

/// Names of metadata services. Never looked up.
const METADATA: [&str; 5] =
    ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

/// Zones that no public name lies in (RFC 6761, 6762, 8375, and what networks use of themselves).
const INTERNAL: [&str; 7] =
    ["localhost", "localdomain", "local", "internal", "home.arpa", "svc.cluster.local", "cluster.local"];

/// Whether a name (lower case, no trailing dot) is that of a metadata service.
pub(super) fn is_metadata(name: &str) -> bool {
    METADATA.iter().any(|zone| lies_in(name, zone))
}

/// Whether a name belongs to this machine or network: one label only, or in an internal zone. It is
/// looked up only if every answer must then lie in an allowance.
pub(super) fn is_internal(name: &str) -> bool {
    !name.contains('.') || INTERNAL.iter().any(|zone| lies_in(name, zone))
}

fn lies_in(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
