//! What is written is read again, by whoever owns it.

use std::ops::RangeInclusive;

use super::testing::{Kept, shares};
use super::*;
use crate::record::{Key, Record};
use crate::time::Timestamp;

impl Kept {
    fn read_all<R: Record>(
        &self,
        name: &str,
        hashes: RangeInclusive<u64>,
    ) -> Result<Vec<(u64, R)>, LoadError> {
        let mut all = Vec::new();
        let loader = Loader::new(self, hashes, Timestamp::MIN, Timestamp::MIN);
        loader.each::<R>(name, |hash, entry| all.push((hash, R::from_view(entry))))?;
        Ok(all)
    }
}

fn words() -> Kept {
    Kept::of(|writer| {
        for i in 0..40_000u64 {
            let (number, text) = (i * 3, format!("value number {i}"));
            let hash = u64::key_hash(number);
            writer.section::<(u64, String)>("texts").put(hash, (number, text.as_str()));
            writer.section::<(u64, u64)>("numbers").put(hash, (number, i));
        }
    })
}

#[test]
fn every_entry_is_read_by_the_task_that_owns_its_hash() {
    let kept = words();
    assert!(kept.blocks.len() > 6, "several blocks of each section: {}", kept.blocks.len());
    let mut texts = Vec::new();
    for range in shares(3) {
        let mine = kept.read_all::<(u64, String)>("texts", range.clone()).unwrap();
        assert!(mine.iter().all(|(hash, _)| range.contains(hash)));
        texts.extend(mine.into_iter().map(|(_, entry)| entry));
    }
    texts.sort();
    assert_eq!(texts.len(), 40_000);
    assert!(texts.iter().all(|(key, text)| *text == format!("value number {}", key / 3)));
    let numbers = kept.read_all::<(u64, u64)>("numbers", 0..=u64::MAX).unwrap();
    assert!(
        numbers.into_iter().enumerate().all(|(i, (_, entry))| entry == (3 * i as u64, i as u64))
    );
}

#[test]
fn a_section_of_another_layout_is_refused_and_an_absent_one_is_empty() {
    let kept = words();
    let error = kept.read_all::<(u64, i64)>("numbers", 0..=u64::MAX).unwrap_err().to_string();
    assert!(error.contains("saved: u64") && error.contains("now:   i64"), "{error}");
    assert_eq!(kept.read_all::<u64>("nothing", 0..=u64::MAX).unwrap(), []);
}

#[test]
fn damaged_blocks_are_errors_and_never_panics() {
    let kept = words();
    for cut in [0, 1, 7, 1000, 40_000] {
        let mut cut_off = words();
        let (_, last) = cut_off.blocks.iter_mut().rfind(|block| block.0 == "texts").unwrap();
        last.bytes.truncate(cut.min(last.bytes.len() - 1));
        assert!(cut_off.read_all::<(u64, String)>("texts", 0..=u64::MAX).is_err(), "cut at {cut}");
    }
    let mut lied = kept;
    lied.blocks[0].1.entries = u32::MAX;
    assert!(lied.read_all::<(u64, String)>("texts", 0..=u64::MAX).is_err());
}
