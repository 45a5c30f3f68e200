//! Values that differ on the two wires: times, numbers that may be percentages, bytes, and JSON's
//! nulls where protobuf has nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// `metav1.Time`, in whole seconds: JSON has no finer ones.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Time {
    /// Seconds since the epoch.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let time: jiff::Timestamp =
            text.parse().map_err(|_| D::Error::custom("not a time of RFC 3339"))?;
        Ok(Self { seconds: time.as_second() })
    }
}

/// `intstr.IntOrString`: a number, or a percentage as text.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct IntOrString {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int32, tag = "2")]
    number: i32,
    #[prost(string, tag = "3")]
    text: String,
}

impl IntOrString {
    /// A number.
    pub fn number(number: i32) -> Self {
        Self { kind: 0, number, text: String::new() }
    }

    /// A text such as `25%`.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: 1, number: 0, text: text.into() }
    }

    /// How many of `total` it names. A percentage is rounded as its field asks.
    pub fn of(&self, total: u32, rounding: Rounding) -> Option<u32> {
        if self.kind == 0 {
            return u32::try_from(self.number).ok();
        }
        let percent: u64 = self.text.strip_suffix('%')?.parse().ok()?;
        let hundredfold = percent * u64::from(total);
        let rounded = match rounding {
            Rounding::Up => hundredfold.div_ceil(100),
            Rounding::Down => hundredfold / 100,
        };
        u32::try_from(rounded).ok()
    }
}

/// How a percentage of pods becomes a number of pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Up: what may be extra, and what must be there.
    Up,
    /// Down: what a Deployment may miss.
    Down,
}

impl<'de> Deserialize<'de> for IntOrString {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(i32),
            Text(String),
        }
        Ok(match Either::deserialize(input)? {
            Either::Number(number) => Self::number(number),
            Either::Text(text) => Self::text(text),
        })
    }
}

/// Bytes, which JSON carries as base64.
pub(super) fn base64<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<u8>, D::Error> {
    let Some(text) = Option::<String>::deserialize(input)? else { return Ok(Vec::new()) };
    STANDARD.decode(text).map_err(|_| D::Error::custom("not base64"))
}

/// Go writes an empty list or map as null where it is not left out.
pub(crate) fn null_as_default<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::number(IntOrString::number(3), 10, Rounding::Down, Some(3))]
    #[case::a_quarter_of_ten_down(IntOrString::text("25%"), 10, Rounding::Down, Some(2))]
    #[case::a_quarter_of_ten_up(IntOrString::text("25%"), 10, Rounding::Up, Some(3))]
    #[case::a_quarter_of_one_down(IntOrString::text("25%"), 1, Rounding::Down, Some(0))]
    #[case::all(IntOrString::text("100%"), 7, Rounding::Down, Some(7))]
    #[case::negative(IntOrString::number(-1), 7, Rounding::Down, None)]
    #[case::not_a_percentage(IntOrString::text("many"), 7, Rounding::Down, None)]
    fn counts_pods_as_kubernetes_rounds(
        #[case] value: IntOrString,
        #[case] total: u32,
        #[case] rounding: Rounding,
        #[case] expected: Option<u32>,
    ) {
        assert_eq!(value.of(total, rounding), expected, "{value:?} of {total}");
    }

    #[test]
    fn both_wires_carry_the_same_values() {
        let time = Time { seconds: 1_795_492_800 };
        assert_eq!(Time::decode(time.encode_to_vec().as_slice()), Ok(time));
        assert_eq!(serde_json::from_str::<Time>("\"2026-11-24T04:00:00Z\"").unwrap(), time);

        for (json, value) in [("3", IntOrString::number(3)), ("\"25%\"", IntOrString::text("25%"))]
        {
            assert_eq!(serde_json::from_str::<IntOrString>(json).unwrap(), value);
            assert_eq!(IntOrString::decode(value.encode_to_vec().as_slice()), Ok(value));
        }
    }
}
