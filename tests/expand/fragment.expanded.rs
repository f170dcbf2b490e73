//! A fragment, and a pipeline that calls it twice.
use thalweg::prelude::*;
#[allow(clippy::too_many_arguments)]
pub fn numbers<Rest>(
    plan: &mut ::thalweg::__private::Plan,
    path: &str,
    _: ::thalweg::__private::Returned<::thalweg::__private::RecordOf<Stream<u64>>>,
    rest: ::thalweg::__private::Segment<Rest>,
    bad: ::thalweg::__private::Edge<
        ::thalweg::__private::RecordOf<Side<Failed<String>>>,
    >,
    least: u64,
) -> ::core::result::Result<
    ::thalweg::__private::Segment<
        impl ::thalweg::__private::OpenSegment<
            ::thalweg::__private::GivenOf<Stream<String>>,
        > + use<Rest>,
    >,
    ::thalweg::__private::Failure,
>
where
    Rest: ::thalweg::__private::OpenSegment<::thalweg::__private::RecordOf<Stream<u64>>>,
{
    let least_3 = ::core::clone::Clone::clone(&least);
    let input = {
        let least = ::core::clone::Clone::clone(&least_3);
        let path = ::std::string::String::from(path);
        ::thalweg::__private::Segment::new(
            ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("try_map",
                        "try_map(|line| line.parse::<u64>())", ::core::file!(), 6u32,
                        6u32), ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(move |n| n >= least)", ::core::file!(), 7u32, 7u32)
                    ],
                    ::std::vec![],
                    ::std::vec![bad.id()],
                )
                .followed_by(&rest.spec),
            move |cx: &mut ::thalweg::__private::TaskContext| {
                let least = ::core::clone::Clone::clone(&least);
                let mut next = ::thalweg::__private::OpenSegment::open(&rest.open, cx)?;
                let bad = cx.output(bad);
                ::core::result::Result::Ok(move |
                    turn: &mut ::thalweg::__private::Turn<'_>,
                    step: ::thalweg::__private::Step<'_, _>,
                | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                    let bad = &mut *bad.borrow_mut();
                    match ::thalweg::__private::Returned::<
                        ::thalweg::__private::GivenOf<Stream<String>>,
                    >::new()
                        .of(step)
                    {
                        ::thalweg::__private::Step::Record(time, line) => {
                            match ::thalweg::__private::apply(
                                line,
                                |line| line.parse::<u64>(),
                            ) {
                                ::core::result::Result::Ok(answer) => {
                                    let item = answer;
                                    let n = ::thalweg::__private::view(&item);
                                    if ::thalweg::__private::apply(n, |n| n >= least) {
                                        next(turn, ::thalweg::__private::Step::Record(time, n))?;
                                    }
                                }
                                ::core::result::Result::Err(error) => {
                                    bad.push(
                                        time,
                                        ::thalweg::__private::FailedWith {
                                            record: line,
                                            error: ::thalweg::__private::to_text(&error),
                                            operator: "try_map(|line| line.parse::<u64>()) (line 6)",
                                        },
                                    );
                                }
                            }
                        }
                        ::thalweg::__private::Step::After => {
                            next(turn, ::thalweg::__private::Step::After)?;
                        }
                    }
                    ::core::result::Result::Ok(())
                })
            },
        )
    };
    ::core::result::Result::Ok(input)
}
pub fn both() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        left: String,
        right: String,
    ) -> ::thalweg::Result {
        let argument0_1 = 3;
        let source0 = plan.source(files(&right).text(), "more");
        let argument1_1 = 7;
        let source1 = plan.source(files(&left).text(), "source");
        let sink0 = plan.sink(print(), "sink");
        let sink1 = plan.sink(print(), "bad");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Forward,
                label: "record",
                key: ::core::option::Option::None,
            });
        let exchange1 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Forward,
                label: "record",
                key: ::core::option::Option::None,
            });
        let returned0 = ::thalweg::__private::Returned::new();
        let fragment0 = numbers(
            plan,
            "more/numbers/0",
            returned0,
            {
                ::thalweg::__private::Segment::new(
                    ::thalweg::__private::ChainSpec::new(
                        ::std::vec![],
                        ::std::vec![],
                        ::std::vec![exchange1.id()],
                    ),
                    move |cx: &mut ::thalweg::__private::TaskContext| {
                        let exchange1 = cx.output(exchange1);
                        ::core::result::Result::Ok(move |
                            turn: &mut ::thalweg::__private::Turn<'_>,
                            step: ::thalweg::__private::Step<'_, _>,
                        | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                            let exchange1 = &mut *exchange1.borrow_mut();
                            match returned0.of(step) {
                                ::thalweg::__private::Step::Record(time, record) => {
                                    exchange1.push(time, record);
                                }
                                ::thalweg::__private::Step::After => {}
                            }
                            ::core::result::Result::Ok(())
                        })
                    },
                )
            },
            exchange0,
            argument0_1,
        )?;
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                        ::std::vec![
                            ::thalweg::__private::OperatorSpec::new("source",
                            "source(files(&right).text())", ::core::file!(), 13u32,
                            13u32)
                        ],
                        ::std::vec![],
                        ::std::vec![],
                    )
                    .followed_by(&fragment0.spec),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let mut fragment0 = ::thalweg::__private::OpenSegment::open(
                        &fragment0.open,
                        cx,
                    )?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let rows = source0.read(turn)?;
                        for record in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            fragment0(
                                turn,
                                ::thalweg::__private::Step::Record(time, record),
                            )?;
                        }
                        fragment0(turn, ::thalweg::__private::Step::After)?;
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        let returned1 = ::thalweg::__private::Returned::new();
        let fragment1 = numbers(
            plan,
            "numbers/1",
            returned1,
            {
                ::thalweg::__private::Segment::new(
                    ::thalweg::__private::ChainSpec::new(
                        ::std::vec![
                            ::thalweg::__private::OperatorSpec::new("map",
                            "map(|n| n.wrapping_add(1))", ::core::file!(), 14u32, 14u32)
                        ],
                        ::std::vec![],
                        ::std::vec![exchange1.id()],
                    ),
                    move |cx: &mut ::thalweg::__private::TaskContext| {
                        let exchange1 = cx.output(exchange1);
                        ::core::result::Result::Ok(move |
                            turn: &mut ::thalweg::__private::Turn<'_>,
                            step: ::thalweg::__private::Step<'_, _>,
                        | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                            let exchange1 = &mut *exchange1.borrow_mut();
                            match returned1.of(step) {
                                ::thalweg::__private::Step::Record(time, n) => {
                                    let item = ::thalweg::__private::apply(
                                        n,
                                        |n| n.wrapping_add(1),
                                    );
                                    let record = ::thalweg::__private::view(&item);
                                    exchange1.push(time, record);
                                }
                                ::thalweg::__private::Step::After => {}
                            }
                            ::core::result::Result::Ok(())
                        })
                    },
                )
            },
            exchange0,
            argument1_1,
        )?;
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                        ::std::vec![
                            ::thalweg::__private::OperatorSpec::new("source",
                            "source(files(&left).text())", ::core::file!(), 14u32, 14u32)
                        ],
                        ::std::vec![],
                        ::std::vec![],
                    )
                    .followed_by(&fragment1.spec),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source1 = cx.source(&source1)?;
                    let mut fragment1 = ::thalweg::__private::OpenSegment::open(
                        &fragment1.open,
                        cx,
                    )?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source1 = &mut *source1.borrow_mut();
                        let rows = source1.read(turn)?;
                        for record in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            fragment1(
                                turn,
                                ::thalweg::__private::Step::Record(time, record),
                            )?;
                        }
                        fragment1(turn, ::thalweg::__private::Step::After)?;
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("side", "side bad",
                        ::core::file!(), 12u32, 12u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|failed| failed.error.to_owned())", ::core::file!(), 15u32,
                        15u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 15u32, 15u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange0 = cx.input(exchange0);
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let sink1 = &mut *sink1.borrow_mut();
                        for (time, failed) in exchange0.records(turn) {
                            let item = ::thalweg::__private::apply(
                                failed,
                                |failed| failed.error.to_owned(),
                            );
                            let record = ::thalweg::__private::view(&item);
                            sink1.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("union", "union(more)",
                        ::core::file!(), 14u32, 14u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 14u32, 14u32)
                    ],
                    ::std::vec![exchange1.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange1 = cx.input(exchange1);
                    let sink0 = cx.sink(&sink0)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let sink0 = &mut *sink0.borrow_mut();
                        for (time, record) in exchange1.records(turn) {
                            sink0.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "both",
        function: "both",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("left", "", "String",
            ::core::option::Option::None), ::thalweg::__private::Parameter::of:: <
            String, _ > ("right", "", "String", ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let left = arguments.take::<String, _>("left")?;
            let right = arguments.take::<String, _>("right")?;
            ::core::result::Result::Ok(build(plan, left, right)?)
        },
    }
}
