//! Names as a way out: under a wildcard a guest chooses labels, and each query carries them to whoever runs the zone.

use super::Case;
use crate::rule::host::HostPattern;
use crate::{Code, Denial, Name};

/// Labels that the guest chooses, at most.
const MAX_LABELS: usize = 4;
/// Octets in them, at most. The longest preview and bucket names have one label of 63.
const MAX_OCTETS: usize = 80;
/// Up to so many octets no label can hold more than [`MAX_BITS`]: there are 37 characters, 5.3 bits each.
const SURELY_FEW: usize = 48;
/// Bits of information in them, at most, by Shannon's measure over their characters: two random labels of 40 have more.
const MAX_BITS: f64 = 256.0;

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let Some((rule, _)) = case.best() else { return Ok(()) };
    let Some(name) = case.request.target().host().name().map(Name::as_str) else { return Ok(()) };
    let apex = match &rule.host {
        HostPattern::OneLabel(apex) | HostPattern::AnyDepth(apex) => apex.as_str(),
        // Where every host is open, the guest chooses all that lies below what somebody registered.
        HostPattern::Any => psl::domain_str(name).unwrap_or(name),
        HostPattern::Exact(_) => return Ok(()),
    };
    let chosen = name.strip_suffix(apex).unwrap_or_default().trim_end_matches('.');
    let labels = chosen.split('.');
    let count = labels.clone().count();
    if count <= MAX_LABELS && chosen.len() <= SURELY_FEW {
        return Ok(());
    }
    let bits: f64 = labels.map(information).sum();
    if count > MAX_LABELS || chosen.len() > MAX_OCTETS || bits > MAX_BITS {
        let words =
            format!("{count} labels, {} octets and {bits:.0} bits under {}; name the host in a rule of its own", chosen.len(), rule.host);
        return Err(Denial::new(Code::NameLabelBudget, words));
    }
    Ok(())
}

pub(super) fn passed(_: &Case<'_>) -> String {
    "no wildcard, or within its budget".to_owned()
}

/// Shannon's information of a label in bits: length times entropy of its characters.
fn information(label: &str) -> f64 {
    let mut counts = [0_u32; 256];
    label.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = f64::from(u32::try_from(label.len()).unwrap_or(u32::MAX));
    let part = |count: &u32| f64::from(*count) * (length / f64::from(*count)).log2();
    counts.iter().filter(|count| **count > 0).map(part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_labels_hold_more_than_words_do() {
        assert!(information("aaaaaaaaaaaaaaaaaaaa") < 1.0);
        assert!(information("api") < 6.0);
        assert!((information("abcdefgh") - 24.0).abs() < 0.001);
    }
}
