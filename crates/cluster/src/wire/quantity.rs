//! Quantities, such as `250m` of a CPU or `2Gi` of memory. Entry point: [`thousandths`].

/// A quantity of Kubernetes in thousandths of its unit; none when it is no such text.
pub(crate) fn thousandths(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 10] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
        ("m", 0),
        ("", 1),
    ];
    let (number, unit) =
        UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let whole: i64 = whole.parse().ok()?;
    if unit == 0 {
        return part.is_empty().then_some(whole);
    }
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let part: i64 = digits.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::whole("3", Some(3000))]
    #[case::thousandths("250m", Some(250))]
    #[case::fraction("1.5", Some(1500))]
    #[case::binary("2Gi", Some(2_147_483_648_000))]
    #[case::decimal("2G", Some(2_000_000_000_000))]
    #[case::fraction_of_a_unit("0.5Gi", Some(536_870_912_000))]
    #[case::nonsense("many", None)]
    #[case::too_much("99999999999999999999", None)]
    fn reads_quantities(#[case] text: &str, #[case] expected: Option<i64>) {
        assert_eq!(thousandths(text), expected);
    }
}
