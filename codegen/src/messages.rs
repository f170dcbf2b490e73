//! The catalogue of mistakes: code, text and help of each. `{}` stands for the subject.

/// A kind of mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Its code.
    pub code: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// What to do.
    pub help: &'static str,
}

macro_rules! messages {
    ($($name:ident = $code:literal: $what:literal, $help:literal;)*) => {
        $(#[doc = $what] pub const $name: Message = Message { code: $code, what: $what, help: $help };)*
        /// Every message, by code.
        pub const ALL: &[Message] = &[$($name),*];
    };
}

messages! {
    // The function.
    UNKNOWN_ATTRIBUTE = "TW0001": "unknown attribute `{}`", "`#[pipeline]` knows `name = \"..\"`, `prune = false` and `preaggregate = false`";
    NOT_A_FUNCTION = "TW0002": "`#[pipeline]` stands on a function", "write `#[pipeline] fn job() { .. }`";
    ASYNC_PIPELINE = "TW0003": "a pipeline cannot be `async`", "remove `async`; use `async_resource` for what must be awaited";
    GENERIC_PIPELINE = "TW0004": "a pipeline cannot be generic", "name the types: a job is one program";
    SELF_PIPELINE = "TW0005": "a pipeline cannot be a method", "write a free function";
    BAD_RETURN = "TW0006": "a pipeline returns nothing or `thalweg::Result`", "remove the return type, or write `-> thalweg::Result`";
    BAD_PARAMETER = "TW0007": "a parameter of a job is a plain name with a type", "write `name: Type`";
    UNKNOWN_ARG = "TW0008": "unknown key `{}` in `#[arg(..)]`", "`#[arg]` knows `default = value`";
    EMPTY_PIPELINE = "TW0009": "the pipeline `{}` has no sink", "end at least one stream in `.sink(..)`";
    UNSAFE_PIPELINE = "TW0010": "a pipeline cannot be `unsafe`, `const` or `extern`", "remove the qualifier";
    ATTRIBUTE_VALUE = "TW0011": "`{}` has no such value", "";
    BAD_DEFAULT = "TW0012": "a default is a literal", "give the text that one would write on the command line, in quotes";
    // Statements.
    LOOP_ON_STREAM = "TW0020": "a stream cannot be used inside a loop", "the plan is static: write the statements out, or use one stream with a parameter";
    MATCH_ON_STREAM = "TW0021": "a stream cannot be used inside `match`", "use `if parameter { .. }`, which is decided when the job starts";
    STREAM_NOT_SUNK = "TW0022": "this stream reaches no sink", "end it in `.sink(..)`; `.sink(discard())` says that it is not wanted";
    BAD_PATTERN = "TW0023": "a stream is bound to a plain name", "write `let name = ..;` (two names, `let (a, b) = ..`, for `partition`)";
    PARTITION_PATTERN = "TW0024": "`partition` gives two streams", "write `let (matching, rest) = ..partition(..);`";
    IF_WITHOUT_SINK = "TW0025": "a stream that starts inside `if` must end in a sink inside it", "end it in `.sink(..)` before the closing brace";
    UNUSED_STREAM = "TW0026": "the stream `{}` is never used", "end it in `.sink(..)`, or remove it";
    SIDE_UNREAD = "TW0027": "the side `{}` is never read", "use it like a stream: `{}.sink(..)`";
    SIDE_UNWRITTEN = "TW0028": "the side `{}` is never written", "name it in `.late_to({})` or `.errors_to({})`, or remove it";
    NOT_A_SIDE = "TW0029": "`{}` is not a side", "declare it with `let {} = side();`";
    CAPTURE_REBOUND = "TW0030": "`{}` is bound twice and captured by closures of one chain", "give the two values different names";
    STREAM_ESCAPES = "TW0031": "a stream can only be used by its operators", "call an operator on it, or pass it to a function marked `#[operator]`";
    BORROWED_MUT = "TW0032": "a closure cannot capture `&mut {}`", "tasks run in parallel: keep state with `fold` or `aggregate`";
    SIDE_FEEDS_ITSELF = "TW0033": "a stream cannot feed itself through a side", "a plan has no cycles: write to another side";
    BRANCH_CAPTURE = "TW0034": "`{}` is bound inside `if` and captured by a closure", "bind it before the `if`: a branch only decides which sources and sinks there are";
    // Operators.
    UNKNOWN_OPERATOR = "TW0040": "unknown operator `{}`", "";
    WRONG_ARITY = "TW0041": "{}", "";
    NEEDS_CLOSURE = "TW0042": "`{}` takes a closure", "write `|x| ..`, or the name of a function";
    CLOSURE_ARITY = "TW0043": "{}", "";
    TURBOFISH = "TW0044": "`{}` takes no type arguments", "types are inferred; annotate the binding instead: `let x: Stream<T> = ..`";
    AFTER_SINK = "TW0045": "nothing can follow `sink`", "`sink` ends a stream: use the stream twice instead";
    SINK_IN_LET = "TW0046": "`sink` yields no stream that could be bound", "remove `let .. =`";
    MISPLACED_MODIFIER = "TW0047": "`{}` has no operator to modify here", "put it right behind the operator that it is about";
    DUPLICATE_MODIFIER = "TW0048": "`{}` is given twice", "keep one";
    OWNED_MISPLACED = "TW0050": "`owned` has no closure to hand records to", "put it before `map`, `filter_map`, `flat_map` or one of their `try_` forms";
    NOT_A_STREAM = "TW0051": "`{}` is not a stream", "`union` takes a stream of the same records: `a.union(b)`";
    // Keys.
    NEEDS_KEY = "TW0060": "`{}` needs a keyed stream", "put `.key_by(|x| ..)` before it";
    NEEDS_KEY_OR_ALL = "TW0061": "`window` needs a keyed stream", "put `.key_by(|x| ..)` before it, or use `.window_all(..)` for one task";
    FLOAT_KEY = "TW0062": "a float cannot be a stream key", "`-0.0` and `NaN` have no canonical bytes: round it to an integer";
    // Time and windows.
    NEEDS_TIME = "TW0080": "an event-time window needs event time", "put `.event_time(|x| x.at).watermarks(bounded(secs(5)))` before `key_by`, or `.processing_time()`";
    NEEDS_WATERMARKS = "TW0081": "`event_time` needs watermarks", "write `.event_time(|x| x.at).watermarks(bounded(secs(5)))`";
    WATERMARKS_ALONE = "TW0082": "`{}` follows `event_time`, once", "write `.event_time(|x| x.at).{}(..)`";
    WINDOW_SIZE = "TW0083": "a window's length must be positive", "give a duration such as `mins(5)`";
    WINDOW_OFFSET = "TW0084": "a window's offset must be smaller than its length", "give an offset between minus and plus the length, both excluded";
    UNKNOWN_WINDOW = "TW0085": "unknown window `{}`", "use `tumbling(size)`, `sliding(size, slide)` or `session(gap)`";
    NEGATIVE_LATENESS = "TW0086": "allowed lateness cannot be negative", "give a duration such as `mins(1)`";
    INCOMPLETE_WINDOW = "TW0087": "a window needs an aggregate", "follow it with `.count()`, `.sum(..)`, `.aggregate(|w| ..)` or another aggregate";
    NEEDS_WINDOW = "TW0088": "`{}` follows `window`", "put it right behind `.window(..)`";
    NEGATIVE_BOUND = "TW0089": "a watermark's bound cannot be negative", "give how far records may be out of order, such as `secs(5)`";
    PROCESSING_LATENESS = "TW0090": "nothing is late in processing time", "remove `{}`, or use `.event_time(..)`";
    WINDOW_SLIDE = "TW0091": "a window's slide must be positive", "give a duration such as `mins(1)`";
    SESSION_GAP = "TW0092": "a session's gap must be positive", "give a duration such as `mins(30)`";
    SLIDE_OFFSET = "TW0093": "a sliding window's offset must be smaller than its slide", "give an offset between minus and plus the slide, both excluded";
    SESSION_OFFSET = "TW0094": "sessions have no offset", "remove `offset`: a session begins with its first record";
    NEEDS_GAP = "TW0095": "a dynamic session needs a gap", "write `.window(dynamic_session()).gap(|x| ..)`, or `session(mins(30))`";
    NO_GAP = "TW0096": "`{}` takes no gap", "remove `gap`, or write `.window(dynamic_session()).gap(|x| ..)`";
    SESSION_FOLD = "TW0097": "sessions cannot be folded", "two of them may become one: use `reduce`, or an aggregate of your own, which can merge";
    // Aggregates.
    AGGREGATE_CLOSURE = "TW0100": "`aggregate` takes a closure with one parameter", "write `.aggregate(|w| (w.key(), w.count()))`";
    UNKNOWN_AGGREGATE = "TW0101": "unknown aggregate `{}`", "";
    BARE_AGGREGATE = "TW0102": "`{}` can only be asked for aggregates", "write `w.key()`, `w.window()`, `w.count()`, `w.sum(|x| ..)`";
    NO_AGGREGATE = "TW0103": "this closure asks for no aggregate", "use at least one, such as `w.count()`";
    NO_WINDOW = "TW0104": "there is no window here", "`w.window()` is there behind `.window(..)`";
    TOO_MANY_AGGREGATES = "TW0105": "more than eight different aggregates", "put some into an aggregate of your own: `w.with(MyAggregate, |x| ..)`";
    // Errors as data.
    TWO_ERROR_WORDS = "TW0110": "errors are handled twice", "keep one of `errors_to` and `or_skip`";
    NOTHING_FAILS = "TW0111": "`{}` follows an operator that can fail", "put it after `try_map`, `try_filter_map`, `try_flat_map` or `async_map`";
    // Futures.
    NEEDS_ASYNC = "TW0112": "`{}` follows `async_map`", "write `.async_map(|x| async move { .. }).{}(..)`";
    ASYNC_ORDER = "TW0113": "answers are both ordered and unordered", "keep one of `ordered`, which needs not be said, and `unordered`";
    ASYNC_VALUE = "TW0114": "{}", "";
    NEEDS_FUTURE = "TW0115": "`async_map` takes a closure that returns a future", "write `|x| async move { .. }`, or use `map` for what need not be awaited";
    // Ids.
    DUPLICATE_UID = "TW0120": "the uid \"{}\" is given twice", "uids name state: give each operator its own";
    UID_LITERAL = "TW0121": "a uid is a string literal", "write `.uid(\"name\")`";
    UID_STATELESS = "TW0122": "`{}` keeps no state, so a uid names nothing", "use `.name(\"..\")` for plans and metrics";
    UID_CHARACTERS = "TW0123": "a uid has 1 to 64 characters of `a-z`, `A-Z`, `0-9`, `-`, `_`, `.`, `/`", "choose another";
    PARALLELISM_ZERO = "TW0124": "parallelism must be at least 1", "give a positive number";
    // Joins.
    JOIN_NOT_A_STREAM = "TW0130": "`{}` is not a stream", "a join takes the stream of its right side: `a.join(b)`";
    JOIN_NEEDS_ON = "TW0131": "`{}` needs the keys of both sides", "follow it with `.on(|left| left.id, |right| right.id)`";
    JOIN_NEEDS_BOUND = "TW0132": "`{}` needs a bound, or its state would never end", "follow `on` with `.window(tumbling(mins(5)))`, `.within(-mins(10)..=mins(0))` or `.as_of()`";
    JOIN_WORD = "TW0133": "`{}` belongs to a join", "write `a.join(b).on(|a| .., |b| ..)`, then `.window(..)`, `.within(..)` or `.as_of()`, then `.late_left_to(side)`";
    JOIN_TIME = "TW0134": "both sides of a join need event time, the {} one has none", "put `.event_time(|x| x.at).watermarks(bounded(secs(5)))` on it";
    JOIN_TIMES = "TW0135": "one side of the join lives in event time, the other in processing time", "give both the same";
    JOIN_PROCESSING = "TW0136": "`{}` needs event time", "put `.event_time(|x| x.at).watermarks(..)` on both sides, or join by `.window(..)`";
    JOIN_INTERVAL = "TW0137": "no time lies in this interval", "give the least and the greatest of the right side's time minus the left side's: `-mins(10)..=mins(0)`";
    JOIN_INTERVAL_END = "TW0138": "an interval without an end would keep its state for ever", "give both ends: `-mins(10)..=mins(0)`";
    GROUPS_WINDOW = "TW0139": "`co_group` needs {}", "write `a.co_group(b).on(..).window(tumbling(mins(5))).apply(|w, lefts, rights, out| ..)`";
    // Fragments.
    FRAGMENT_SIGNATURE = "TW0140": "`#[operator]` needs a stream as its first parameter", "write `fn clean(lines: Stream<Log>, ..) -> Stream<Access>`";
    FRAGMENT_RETURN = "TW0141": "`#[operator]` returns a stream", "write `-> Stream<Access>`";
    FRAGMENT_TAIL = "TW0142": "the last expression of an `#[operator]` is the stream it returns", "end the body with the stream, without a semicolon";
    FRAGMENT_STREAM_FIRST = "TW0143": "the stream is a fragment's first argument", "write `clean(lines, ..)`";
    FRAGMENT_TWO_STREAMS = "TW0144": "a fragment takes one stream in this version of Thalweg", "join the streams with `union` before, or pass a side";
    FRAGMENT_SIDE_READ = "TW0145": "the side `{}` is read by the caller, not by the fragment", "declare a side of the fragment's own: `let more = side();`";
    FRAGMENT_PARAMETER = "TW0146": "a parameter of a fragment is a plain name with a type", "write `name: Type`";
    // Process functions.
    PROCESS_WORD = "TW0160": "`{}` has no process function that it belongs to", "write `.process(State::default).on_event(|state, e, cx| ..)`; behind `connect(keyed)` it is `on_left` and `on_right`, `on_broadcast` behind `connect(rules.broadcast_by(..))`";
    PROCESS_INCOMPLETE = "TW0161": "this process function needs `{}`", "add `.{}(|state, e, cx| ..)`";
    TIMER_UNHEARD = "TW0162": "`{}` sets a timer, and there is no `on_timer`", "add `.on_timer(|state, at, cx| ..)`";
    TIMER_NEEDS_TIME = "TW0163": "`{}` waits for a time that this stream does not have", "put `.event_time(..).watermarks(..)` or `.processing_time()` before `key_by`; `cx.processing_timer_at(..)` needs neither";
    EMITS_NOTHING = "TW0164": "this process function never calls `cx.emit(..)`", "emit something, or say what it could emit: `let nothing: Stream<()> = ..`";
    TTL_STATELESS = "TW0165": "`{}` keeps nothing that could be forgotten", "`ttl` follows `process`, `dedup`, `reduce`, `fold` or a running aggregate on a keyed stream";
    TTL_LENGTH = "TW0166": "a time to live must be positive", "give a duration such as `hours(1)`";
    TTL_NEEDS_TIME = "TW0167": "a time to live in event time needs event time", "put `.event_time(..).watermarks(..)` before `key_by`, or write `.ttl(d)`, in processing time";
    CONNECT_ALONE = "TW0168": "`connect` needs a process function", "follow it with `.process(State::default)`";
    CONNECT_OTHER = "TW0169": "`{}` cannot be connected", "`connect` takes a stream that ends in `.key_by(|x| ..)`, with the same type of key, or in `.broadcast_by(|rule| ..)`";
    CONNECT_ONE = "TW0170": "one side of `connect` is computed from the other, and both read one `key_by`", "give each side a `key_by` of its own";
    BROADCAST_ALONE = "TW0171": "what `broadcast_by` makes can only be connected", "write `events.key_by(|e| e.id).connect(rules.broadcast_by(|rule| rule.id))`, or `.broadcast()` for an ordinary stream";
    // Triggers, evictors, functions of windows.
    NEVER_FIRES = "TW0180": "a global window never fires by itself", "say when: `.trigger(trigger::count(100))`, `.trigger(trigger::end_of_stream())`, `.delta_trigger(d, |old, new| ..)`";
    EMPTY_COUNT = "TW0181": "this number must be positive", "of nothing there is nothing to see: give at least 1";
    ENDS_BEFORE = "TW0182": "this trigger never fires: the window ends before the stream does", "use `trigger::event_time()`, or a `global_window()`";
    NO_END = "TW0183": "this trigger never fires: the window has no end", "use `trigger::count(100)`, or a window of time";
    DELTA_ON_SESSIONS = "TW0184": "a delta trigger cannot be used on sessions", "when sessions merge, no one element fired last: use `trigger::count(100)`, or a trigger of your own";
    PURGING_ALONE = "TW0185": "`purging` follows `delta_trigger`", "of other triggers write `.trigger(trigger::purging(trigger::count(100)))`";
    TIMELESS_OPTION = "TW0186": "`{}` means nothing here: time does not end this window", "remove it";
    WINDOW_PROCESS_CLOSURE = "TW0187": "a window's `process` takes a value that implements `WindowFunction`", "of a closure write `.apply(|w, events, out| ..)`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_ascending() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
