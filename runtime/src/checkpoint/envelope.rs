//! Documents that outlive the program that wrote them.
//!
//! ```text
//! magic: 4 bytes │ format: u16 │ length: u32 │ JSON │ BLAKE3 of all before: 32 bytes      (little endian)
//! ```
//!
//! The digest is of every format, so what is newer can be told from what is damaged.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Digest;

/// The longest JSON of a document, in bytes.
pub(crate) const LEN_MAX: u64 = 64 * 1024 * 1024;

const HEAD: usize = 4 + 2 + 4;
const DIGEST: usize = 32;

/// The longest document.
pub(crate) const BYTES_MAX: u64 = LEN_MAX + (HEAD + DIGEST) as u64;

/// What a document is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// Its first bytes.
    pub(crate) magic: [u8; 4],
    /// The format that is written, and read.
    pub(crate) format: u16,
}

/// Why bytes are not a document.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// It does not begin like one.
    #[error("it is something else: it begins with {0:02x?}")]
    Foreign([u8; 4]),
    /// It ends too early.
    #[error("it is cut off: {has} bytes of {wanted}")]
    Truncated {
        /// Bytes there are.
        has: u64,
        /// Bytes there should be, as far as can be told.
        wanted: u64,
    },
    /// It says it is longer than any is, or it is.
    #[error("it is {0} bytes long, and {LEN_MAX} is the most")]
    TooLong(u64),
    /// Its digest is not that of its bytes, or there are bytes behind it.
    #[error("it is damaged: its bytes are not those that were written")]
    Damaged,
    /// A newer version of Thalweg wrote it.
    #[error("it is of format {found}, and this version of Thalweg knows formats up to {known}")]
    Newer {
        /// Its format.
        found: u16,
        /// The newest one that is known.
        known: u16,
    },
    /// It is whole, but what it says makes no sense.
    #[error("it contradicts itself: {0}")]
    Senseless(String),
}

impl Broken {
    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Broken::Foreign(_) => "name the folder that holds the checkpoint",
            Broken::Truncated { .. } | Broken::Damaged => {
                "restore from another checkpoint or savepoint, and see whether the disk is sound"
            }
            Broken::Newer { .. } => "use the version of Thalweg that wrote it, or a newer one",
            Broken::TooLong(_) => "use less parallelism, or fewer key groups and operators",
            Broken::Senseless(_) => "restore from another checkpoint or savepoint, and report it",
        }
    }
}

/// Writes a document.
///
/// # Errors
/// If it is too long.
pub(crate) fn encode<T: Serialize>(kind: Kind, value: &T) -> Result<Vec<u8>, Broken> {
    let mut bytes = [&kind.magic[..], &kind.format.to_le_bytes(), &[0; 4]].concat();
    serde_json::to_writer(&mut bytes, value)
        .map_err(|error| Broken::Senseless(error.to_string()))?;
    let len = (bytes.len() - HEAD) as u64;
    let short = u32::try_from(len).ok().filter(|_| len <= LEN_MAX);
    let short = short.ok_or(Broken::TooLong(len))?;
    let short = if cfg!(bug_22) { short.to_be_bytes() } else { short.to_le_bytes() };
    bytes[HEAD - 4..HEAD].copy_from_slice(&short);
    let digest = Digest::of(&bytes);
    bytes.extend_from_slice(digest.as_bytes());
    Ok(bytes)
}

/// Reads a document.
///
/// # Errors
/// If it is broken, in whatever way.
pub(crate) fn decode<T: DeserializeOwned>(kind: Kind, bytes: &[u8]) -> Result<T, Broken> {
    let has = bytes.len() as u64;
    let least = (HEAD + DIGEST) as u64;
    let Some((magic, rest)) = bytes.split_first_chunk::<4>() else {
        return Err(Broken::Truncated { has, wanted: least });
    };
    if *magic != kind.magic {
        return Err(Broken::Foreign(*magic));
    }
    let Some((format, rest)) = rest.split_first_chunk::<2>() else {
        return Err(Broken::Truncated { has, wanted: least });
    };
    let Some((len, rest)) = rest.split_first_chunk::<4>() else {
        return Err(Broken::Truncated { has, wanted: least });
    };
    let len = if cfg!(bug_22) { u32::from_be_bytes(*len) } else { u32::from_le_bytes(*len) };
    let len = u64::from(len);
    if len > LEN_MAX {
        return Err(Broken::TooLong(len));
    }
    if has < len + least {
        return Err(Broken::Truncated { has, wanted: len + least });
    }
    let Some((json, digest)) = rest.split_last_chunk::<DIGEST>() else {
        return Err(Broken::Truncated { has, wanted: len + least });
    };
    let is_whole =
        json.len() as u64 == len && Digest::of(&bytes[..bytes.len() - DIGEST]).as_bytes() == digest;
    if !is_whole {
        return Err(Broken::Damaged);
    }
    let format = u16::from_le_bytes(*format);
    if format > kind.format {
        return Err(Broken::Newer { found: format, known: kind.format });
    }
    serde_json::from_slice(json).map_err(|error| Broken::Senseless(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KIND: Kind = Kind { magic: *b"TEST", format: 3 };

    fn document() -> Vec<u8> {
        encode(KIND, &vec!["a", "bc"]).unwrap()
    }

    fn broken(bytes: &[u8]) -> Broken {
        decode::<Vec<String>>(KIND, bytes).unwrap_err()
    }

    #[test]
    fn every_truncation_is_told() {
        let document = document();
        for len in 0..document.len() {
            assert!(matches!(broken(&document[..len]), Broken::Truncated { .. }), "{len}");
        }
        assert_eq!(broken(&[&document[..], b" "].concat()), Broken::Damaged);
    }

    #[test]
    fn every_bit_counts() {
        let document = document();
        for bit in 0..document.len() * 8 {
            let mut flipped = document.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(broken(&flipped), Broken::Senseless(_) | Broken::Newer { .. }));
        }
    }

    #[test]
    fn what_is_newer_is_not_damaged() {
        let newer = encode(Kind { format: 4, ..KIND }, &vec!["a"]).unwrap();
        assert_eq!(broken(&newer), Broken::Newer { found: 4, known: 3 });
        let older = encode(Kind { format: 2, ..KIND }, &vec!["a"]).unwrap();
        assert_eq!(decode::<Vec<String>>(KIND, &older).unwrap(), ["a"]);
        let other = encode(KIND, &17).unwrap();
        assert!(matches!(broken(&other), Broken::Senseless(_)));
        assert!(matches!(broken(b"PK\x03\x04..."), Broken::Foreign(_)));
    }

    /// Whatever machine has written them: a document, and archives, whose offsets have 32 bits.
    #[test]
    fn bug_22_bytes_are_the_same_on_every_machine() {
        assert_eq!(&document()[..20], b"TEST\x03\0\x0a\0\0\0[\"a\",\"bc\"]");
        let mut arena = crate::record::Arena::default();
        arena.put(&(0x0102_0304_0506_0708u64, -2i32, "a longer text".to_owned()));
        let golden = b"a longer text\x08\x07\x06\x05\x04\x03\x02\x01\xfe\xff\xff\xff\x8d\0\0\0\xe7\xff\xff\xff";
        assert_eq!(arena.as_bytes(), golden);
    }

    #[test]
    fn lengths_are_checked_before_they_are_believed() {
        let mut document = document();
        document[6..10].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(broken(&document), Broken::TooLong(u64::from(u32::MAX)));
        let long = "x".repeat(usize::try_from(LEN_MAX).unwrap());
        assert_eq!(encode(KIND, &long).unwrap_err(), Broken::TooLong(LEN_MAX + 2));
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_are_no_panic(bytes: Vec<u8>, magic: bool) {
            let bytes = if magic { [&KIND.magic[..], &bytes].concat() } else { bytes };
            broken(&bytes);
        }

        #[test]
        fn what_is_written_is_read(value: Vec<String>) {
            let bytes = encode(KIND, &value).unwrap();
            prop_assert_eq!(decode::<Vec<String>>(KIND, &bytes).unwrap(), value);
        }
    }
}
