//! Names of clouds' metadata services. Most lead to addresses that are refused by themselves; some lead to public ones, and all
//! of them to credentials, so that no mode and no rule opens them.

/// Names that the clouds document, in canonical form. `metadata` alone is not among them: it is a name like any other on a
/// network of one's own, and one of a single label.
const NAMES: &[&str] = &[
    "metadata.google.internal",     // Google Cloud
    "metadata.goog",                // Google Cloud, registered publicly
    "instance-data",                // AWS
    "instance-data.ec2.internal",   // AWS
    "metadata.packet.net",          // Equinix Metal, a public address
    "metadata.platformequinix.com", // Equinix Metal, a public address
    "api.metadata.cloud.ibm.com",   // IBM Cloud
    "metadata.tencentyun.com",      // Tencent Cloud
];

/// Whether a canonical name is that of a metadata service.
pub(crate) fn is_metadata(name: &str) -> bool {
    NAMES.contains(&name)
}
