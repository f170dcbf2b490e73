//! A process function with a timer and a side, one that is told rules, and `dedup` with a time to live.
use thalweg::prelude::*;
pub fn sessions() -> ::thalweg::__private::Definition {
    fn build(
        plan: &mut ::thalweg::__private::Plan,
        path: String,
        gap: i64,
    ) -> ::thalweg::Result {
        let source0 = plan.source(files(&path).text(), "visits");
        let gap_5 = ::core::clone::Clone::clone(&gap);
        let sink0 = plan.sink(print(), "visits");
        let sink1 = plan.sink(print(), "odd");
        let sink2 = plan.sink(print(), "visits/1");
        let ttl_of_dedup0 = ::thalweg::__private::Ttl::checked(hours(1))?;
        let sink3 = plan.sink(print(), "visits/2");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `process(|| 0u64).on_event(..).on_timer(..)`, line 12",
                key: ::core::option::Option::Some("|(user, _)| user"),
            });
        let exchange1 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `connect(visits.broadcast_by(|(length, _)| length)).process(|`, line 30",
                key: ::core::option::Option::Some("|(user, _)| user"),
            });
        let exchange2 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Broadcast,
                label: "record",
                key: ::core::option::Option::None,
            });
        let exchange3 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `sink(print())`, line 37",
                key: ::core::option::Option::Some("|(user, _)| user"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(files(&path).text())", ::core::file!(), 7u32, 7u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|line| (line.len() as u64, line))", ::core::file!(), 8u32,
                        8u32), ::thalweg::__private::OperatorSpec::new("processing_time",
                        "processing_time()", ::core::file!(), 9u32, 9u32)
                    ],
                    ::std::vec![],
                    ::std::vec![
                        exchange0.id(), exchange1.id(), exchange2.id(), exchange3.id()
                    ],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let exchange0 = cx.output(exchange0);
                    let exchange1 = cx.output(exchange1);
                    let exchange2 = cx.output(exchange2);
                    let exchange3 = cx.output(exchange3);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let exchange1 = &mut *exchange1.borrow_mut();
                        let exchange2 = &mut *exchange2.borrow_mut();
                        let exchange3 = &mut *exchange3.borrow_mut();
                        let rows = source0.read(turn)?;
                        for line in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let item = ::thalweg::__private::apply(
                                line,
                                |line| (line.len() as u64, line),
                            );
                            let record = ::thalweg::__private::view(&item);
                            let time = turn.processing_time();
                            {
                                exchange0
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(user, _)| user),
                                        record,
                                    );
                            }
                            {
                                exchange1
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(user, _)| user),
                                        record,
                                    );
                            }
                            {
                                exchange2.push(time, record);
                            }
                            {
                                exchange3
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(user, _)| user),
                                        record,
                                    );
                            }
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            let gap = ::core::clone::Clone::clone(&gap_5);
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|(user, _)| user)", ::core::file!(), 11u32, 11u32),
                        ::thalweg::__private::OperatorSpec::new("process",
                        "process(|| 0u64).on_event(..).on_timer(..)", ::core::file!(),
                        12u32, 23u32).state("process/0")
                        .keeps("per key: the state that `|| 0u64` makes, and its timers"),
                        ::thalweg::__private::OperatorSpec::new("side", "side odd",
                        ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|(_, count)| count > 1)", ::core::file!(), 24u32, 24u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 25u32, 25u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 26u32, 26u32)
                    ],
                    ::std::vec![exchange0.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let gap = ::core::clone::Clone::clone(&gap);
                    let exchange0 = cx.input(exchange0);
                    let mut sides = ::thalweg::__private::Sides::default();
                    let odd = sides.declare(cx);
                    let process0 = cx
                        .state(
                            "process/0",
                            ::thalweg::__private::Process::new(|| 0u64).processing_time(),
                        );
                    let mut emitted0 = cx.emissions();
                    let sink0 = cx.sink(&sink0)?;
                    let side0 = cx.scratch();
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let process0 = &mut *process0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let side0 = &mut *side0.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            process0.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                process0
                                    .on_event(
                                        turn,
                                        time,
                                        hash,
                                        key,
                                        record,
                                        &mut emitted0,
                                        &mut sides,
                                        |count, (_, line), cx| {
                                            *count += 1;
                                            if line.is_empty() {
                                                cx.emit_to(odd, *count);
                                            }
                                            cx.timer_after(secs(gap));
                                        },
                                    );
                            }
                        }
                        while let ::core::option::Option::Some(due) = process0.due(turn)
                        {
                            process0
                                .on_timer(
                                    turn,
                                    &due,
                                    &mut emitted0,
                                    &mut sides,
                                    |count, _, cx| {
                                        cx.emit((cx.key(), *count));
                                        cx.clear();
                                    },
                                );
                        }
                        for (time, record) in emitted0.records() {
                            if ::thalweg::__private::apply(
                                record,
                                |(_, count)| count > 1,
                            ) {
                                sink0.write(time, record)?;
                            }
                        }
                        emitted0.clear();
                        for (time, written) in sides.records(odd) {
                            side0.push(time, written);
                        }
                        sides.clear(odd);
                        for (time, record) in side0.records() {
                            sink1.write(time, record)?;
                        }
                        side0.clear();
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("broadcast_by",
                        "broadcast_by(|(length, _)| length)", ::core::file!(), 29u32,
                        29u32), ::thalweg::__private::OperatorSpec::new("key_by",
                        "key_by(|(user, _)| user)", ::core::file!(), 28u32, 28u32),
                        ::thalweg::__private::OperatorSpec::new("process",
                        "connect(visits.broadcast_by(|(length, _)| length)).process(|| 0u64).on_event(..)",
                        ::core::file!(), 30u32, 35u32).state("process/1")
                        .keeps("per key: the state that `|| 0u64` makes; per task: all rules"),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 36u32, 36u32)
                    ],
                    ::std::vec![exchange2.id(), exchange1.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange2 = cx.input(exchange2);
                    let mut sides = ::thalweg::__private::Sides::default();
                    let process1 = cx
                        .state(
                            "process/1",
                            ::thalweg::__private::BroadcastProcess::new(
                                ::thalweg::__private::Process::new(|| 0u64)
                                    .processing_time(),
                            ),
                        );
                    let mut emitted1 = cx.emissions();
                    let exchange1 = cx.input(exchange1);
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let process1 = &mut *process1.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        for (time, record) in exchange2.records(turn) {
                            process1
                                .keep(
                                    ::thalweg::__private::apply(record, |(length, _)| length),
                                    record,
                                );
                        }
                        for chunk in exchange1.chunks(turn) {
                            process1.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                process1
                                    .on_event(
                                        turn,
                                        time,
                                        hash,
                                        key,
                                        record,
                                        &mut emitted1,
                                        &mut sides,
                                        |_, (user, _), cx| {
                                            if let Some((_, line)) = cx.broadcast().get(user) {
                                                cx.emit(line);
                                            }
                                        },
                                    );
                            }
                        }
                        while let ::core::option::Option::Some(_) = process1.due(turn) {}
                        for (time, record) in emitted1.records() {
                            sink2.write(time, record)?;
                        }
                        emitted1.clear();
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
                        "key_by(|(user, _)| user)", ::core::file!(), 37u32, 37u32),
                        ::thalweg::__private::OperatorSpec::new("dedup",
                        "dedup().ttl(hours(1))", ::core::file!(), 37u32, 37u32)
                        .state("dedup/0")
                        .keeps("per key: that it was seen; forgotten after its time to live")
                        .with_ttl(), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(print())", ::core::file!(), 37u32, 37u32)
                    ],
                    ::std::vec![exchange3.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange3 = cx.input(exchange3);
                    let dedup0 = cx
                        .state(
                            "dedup/0",
                            ::thalweg::__private::Dedup::new()
                                .ttl(cx.ttl("dedup/0", ttl_of_dedup0)),
                        );
                    let sink3 = cx.sink(&sink3)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let dedup0 = &mut *dedup0.borrow_mut();
                        let sink3 = &mut *sink3.borrow_mut();
                        for chunk in exchange3.chunks(turn) {
                            dedup0.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                dedup0.at(turn, time);
                                if dedup0.is_first(hash, key) {
                                    sink3.write(time, record)?;
                                }
                            }
                        }
                        dedup0.sweep(turn);
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "sessions",
        function: "sessions",
        doc: "",
        parameters: ::std::vec![
            ::thalweg::__private::Parameter::of:: < String, _ > ("path", "", "String",
            ::core::option::Option::None), ::thalweg::__private::Parameter::of:: < i64, _
            > ("gap", "", "i64", ::core::option::Option::None)
        ],
        build: |plan, arguments| {
            let path = arguments.take::<String, _>("path")?;
            let gap = arguments.take::<i64, _>("gap")?;
            ::core::result::Result::Ok(build(plan, path, gap)?)
        },
    }
}
