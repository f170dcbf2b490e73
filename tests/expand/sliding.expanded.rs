//! Windows that overlap and sessions whose gap each record decides: emitted code names no type of theirs.
use thalweg::prelude::*;
#[record]
pub struct Click {
    pub user: u64,
    pub mobile: bool,
    pub at: Timestamp,
}
pub fn visits() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan) -> ::thalweg::Result {
        let strategy0 = bounded(secs(5));
        let source0 = plan
            .source(
                collection([
                    Click {
                        user: 1,
                        mobile: true,
                        at: Timestamp::MIN,
                    },
                ]),
                "clicks",
            );
        let spec0 = ::thalweg::__private::checked_ending(sliding(mins(10), mins(1)))?;
        let aggregate0 = (::thalweg::__private::count(),);
        let sink0 = plan.sink(print(), "clicks");
        let spec1 = ::thalweg::__private::checked_dynamic(dynamic_session())?;
        let sink1 = plan.sink(print(), "clicks/1");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "partial count",
                key: ::core::option::Option::Some("|click| click.user"),
            });
        let exchange1 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `window(dynamic_session()).reduce(|a, b| if a.at < b.at { a }`, line 19",
                key: ::core::option::Option::Some("|click| click.user"),
            });
        {
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection([Click { user: 1, mobile: true, at: Timestamp::..)",
                        ::core::file!(), 13u32, 13u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|click| click.at)", ::core::file!(), 14u32, 14u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id(), exchange1.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let source0 = cx.source(&source0)?;
                    let watermarks0 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy0));
                    let exchange0 = cx.timed_output(exchange0, &watermarks0);
                    let partial0 = cx
                        .state(
                            "",
                            ::thalweg::__private::Partials::new(
                                ::core::clone::Clone::clone(&spec0),
                                ::core::clone::Clone::clone(&aggregate0),
                            ),
                        );
                    let exchange1 = cx.timed_output(exchange1, &watermarks0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let watermarks0 = &mut *watermarks0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let partial0 = &mut *partial0.borrow_mut();
                        let exchange1 = &mut *exchange1.borrow_mut();
                        let rows = source0.read(turn)?;
                        let clock0 = watermarks0.split(turn.split());
                        for click in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock0
                                .observe(
                                    ::thalweg::__private::apply(click, |click| click.at),
                                );
                            {
                                if let ::core::option::Option::Some((hash, key, part)) = partial0
                                    .add(
                                        time,
                                        ::thalweg::__private::apply(click, |click| click.user),
                                        ((),),
                                    )?
                                {
                                    exchange0.push_hashed(time, hash, key, part);
                                }
                            }
                            {
                                exchange1
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(click, |click| click.user),
                                        click,
                                    );
                            }
                        }
                        while let ::core::option::Option::Some(
                            (time, hash, key, accumulators),
                        ) = partial0.drain(turn)
                        {
                            exchange0.push_hashed(time, hash, key, accumulators);
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|click| click.user)", ::core::file!(), 16u32, 16u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(sliding(mins(10), mins(1))).count()", ::core::file!(),
                        16u32, 16u32).state("window/0")
                        .keeps("per key and window: count; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 16u32, 16u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let aggregate0 = ::core::clone::Clone::clone(&aggregate0);
                    let exchange0 = cx.input(exchange0);
                    let window0 = cx
                        .state(
                            "window/0",
                            ::thalweg::__private::AggregateWindows::new(
                                ::core::clone::Clone::clone(&spec0),
                                ::core::clone::Clone::clone(&aggregate0),
                            ),
                        );
                    let sink0 = cx.sink(&sink0)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let window0 = &mut *window0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            window0.prepare(chunk.hashes());
                            for (time, hash, (key, accumulators)) in chunk.records() {
                                window0.merge(turn, time, hash, key, accumulators)?;
                            }
                        }
                        while let ::core::option::Option::Some(firing) = window0
                            .fire(turn)?
                        {
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let (count0,) = ::thalweg::__private::Aggregate::finish(
                                &aggregate0,
                                firing.acc(),
                            );
                            let item = ::thalweg::__private::WindowedWith {
                                key,
                                window,
                                value: count0,
                            };
                            let record = ::thalweg::__private::view(&item);
                            sink0.write(time, record)?;
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
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|click| click.user)", ::core::file!(), 18u32, 18u32),
                        ::thalweg::__private::OperatorSpec::new("window",
                        "window(dynamic_session()).reduce(|a, b| if a.at < b.at { a } else { b })",
                        ::core::file!(), 19u32, 21u32).state("window/1")
                        .keeps("per key and window: the reduced record; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 22u32, 22u32)
                    ],
                    ::std::vec![exchange1.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange1 = cx.input(exchange1);
                    let window1 = cx
                        .state(
                            "window/1",
                            ::thalweg::__private::ReduceWindows::new(
                                ::core::clone::Clone::clone(&spec1),
                            ),
                        );
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let window1 = &mut *window1.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        for chunk in exchange1.chunks(turn) {
                            window1.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = window1
                                    .add(
                                        turn,
                                        ::thalweg::__private::WithGap {
                                            time,
                                            gap: ::thalweg::__private::apply(
                                                record,
                                                |click| if click.mobile { mins(5) } else { mins(30) },
                                            ),
                                        },
                                        hash,
                                        key,
                                        record,
                                        |kept, next| ::thalweg::__private::into_record(
                                            ::thalweg::__private::apply2(
                                                kept,
                                                next,
                                                |a, b| if a.at < b.at { a } else { b },
                                            ),
                                        ),
                                    )?;
                            }
                        }
                        while let ::core::option::Option::Some(firing) = window1
                            .fire(turn)?
                        {
                            let time = firing.time();
                            let key = firing.key();
                            let window = firing.window();
                            let kept = firing.kept();
                            let item = ::thalweg::__private::WindowedWith {
                                key,
                                window,
                                value: kept,
                            };
                            let record = ::thalweg::__private::view(&item);
                            sink1.write(time, record)?;
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "visits",
        function: "visits",
        doc: "",
        parameters: ::std::vec![],
        build: |plan, arguments| { ::core::result::Result::Ok(build(plan)?) },
    }
}
