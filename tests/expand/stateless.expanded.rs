//! Stateless operators between a source and a sink: one chain, one loop.
use thalweg::prelude::*;
/// Isolates error lines.
pub fn error_isolation() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        path: String,
        word: String,
    ) -> ::thalweg::Result {
        let word_2 = ::core::clone::Clone::clone(&word);
        let source0 = plan.source(files(&path).text(), "source");
        let sink0 = plan.sink(print(), "sink");
        {
            let word = ::core::clone::Clone::clone(&word_2);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(files(&path).text())", ::core::file!(), 11u32, 11u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|line| line.to_uppercase())", ::core::file!(), 12u32,
                        12u32), ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|line| line.contains(&word))", ::core::file!(), 13u32,
                        13u32), ::thalweg::__private::OperatorSpec::new("flat_map",
                        "flat_map(|line| line.split('|').map(str::to_owned).collect::<Vec<_>..)",
                        ::core::file!(), 14u32, 14u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 15u32, 15u32)
                    ],
                    ::std::vec![],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let word = ::core::clone::Clone::clone(&word);
                    let source0 = cx.source(&source0)?;
                    let sink0 = cx.sink(&sink0)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let rows = source0.read(turn)?;
                        for line in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let item = ::thalweg::__private::apply(
                                line,
                                |line| line.to_uppercase(),
                            );
                            let line = ::thalweg::__private::view(&item);
                            if ::thalweg::__private::apply(
                                line,
                                |line| line.contains(&word),
                            ) {
                                for item1 in ::thalweg::__private::apply(
                                    line,
                                    |line| {
                                        line.split('|').map(str::to_owned).collect::<Vec<_>>()
                                    },
                                ) {
                                    let record = ::thalweg::__private::view(&item1);
                                    sink0.write(time, record)?;
                                }
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "Error Isolation Engine",
        function: "error_isolation",
        doc: "Isolates error lines.",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("path",
            "Where the lines are.", "String", ::core::option::Option::None),
            ::thalweg::__private::Parameter::of:: < String, _ > ("word", "", "String",
            ::core::option::Option::Some("ERROR"))
        ],
        build: |plan, arguments| {
            let path = arguments.take::<String, _>("path")?;
            let word = arguments.take::<String, _>("word")?;
            ::core::result::Result::Ok(build(plan, path, word)?)
        },
    }
}
