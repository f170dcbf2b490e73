//! A plan as JSON: the [`Picture`] as it is.

use super::Picture;

/// The plan for programs, indented, with a line break at its end.
pub fn json(picture: &Picture) -> String {
    let mut text = serde_json::to_string_pretty(picture).expect("a picture has only text keys");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::picture::tests::diamond;

    #[test]
    fn the_schema_is_stable() {
        let value: serde_json::Value = serde_json::from_str(&json(&diamond())).expect("JSON");
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().expect("an object").keys().cloned().collect()
        };
        assert_eq!(
            keys(&value),
            ["chains", "exchanges", "name", "parallelism", "pipeline", "resources", "version"]
        );
        assert_eq!(
            keys(&value["chains"][0]),
            ["id", "inputs", "operators", "outputs", "parallelism"]
        );
        assert_eq!(
            keys(&value["chains"][0]["operators"][0]),
            ["end_line", "file", "id", "keeps", "kind", "line", "name", "text"]
        );
        assert_eq!(
            keys(&value["exchanges"][0]),
            ["crosses", "from", "id", "key", "partition", "to"]
        );
        assert_eq!(value["exchanges"][0]["to"], serde_json::json!([1]));
    }
}
