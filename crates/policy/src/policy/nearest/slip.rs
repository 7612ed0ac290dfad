//! How many slips of the pen lie between two names: letters left out, added, mistaken, or two changed round.

/// More slips than these make another name.
const MOST: usize = 2;

/// The distance of two ASCII names by Damerau and Levenshtein (the restricted one), if it is at most [`MOST`]. Costs the shorter length
/// times five, and nothing where the lengths alone are too far apart.
pub(super) fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > MOST {
        return None;
    }
    let (mut before, mut last) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![MOST + 1; b.len() + 1];
        row[0] = i + 1;
        // Only the band around the diagonal can hold what is near enough.
        for j in i.saturating_sub(MOST)..(i + MOST + 1).min(b.len()) {
            let change = last[j] + usize::from(*x != b[j]);
            let turned = i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == b[j];
            let swap = if turned { before_at(&before, j - 1) + 1 } else { MOST + 1 };
            row[j + 1] = change.min(last[j + 1] + 1).min(row[j] + 1).min(swap);
        }
        if row.iter().all(|slips| *slips > MOST) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|slips| *slips <= MOST)
}

fn before_at(row: &[usize], place: usize) -> usize {
    row.get(place).copied().unwrap_or(MOST + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_two() {
        for (a, b, expected) in [
            ("api.github.com", "api.github.com", Some(0)),
            ("api.githb.com", "api.github.com", Some(1)),
            ("api.gihtub.com", "api.github.com", Some(1)),
            ("apii.githb.com", "api.github.com", Some(2)),
            ("ap.githbu.com", "api.github.com", Some(2)),
            ("ap.gthb.com", "api.github.com", None),
            ("hooks.slack.com", "api.github.com", None),
            ("", "ab", Some(2)),
            ("ab", "", Some(2)),
            ("", "abc", None),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
