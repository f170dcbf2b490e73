use thalweg::prelude::*;
/// Two inputs in one chain, joined by window, by interval, as of a time, and grouped.
fn joins() -> ::thalweg::__private::Definition {
    fn build(plan: &mut ::thalweg::__private::Plan) -> ::thalweg::Result {
        let strategy0 = monotonic();
        let source0 = plan
            .source(collection(Vec::<(u64, String, Timestamp)>::new()), "orders");
        let strategy1 = bounded(secs(5));
        let source1 = plan
            .source(collection(Vec::<(u64, i64, Timestamp)>::new()), "payments");
        let bound0 = ::thalweg::__private::checked(tumbling(mins(5)).offset(mins(1)))?;
        let sink0 = plan.sink(print(), "orders");
        let sink1 = plan.sink(discard(), "late");
        let bound1 = ::thalweg::__private::Within::checked(mins(0)..=mins(30))?;
        let sink2 = plan.sink(discard(), "orders/1");
        let sink3 = plan.sink(discard(), "payments");
        let bound3 = ::thalweg::__private::checked(session(mins(1)))?;
        let sink4 = plan.sink(discard(), "orders/2");
        let exchange0 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `left_join(payments).on(|(id, ..)| id, |(order, ..)| order).w`, line 14",
                key: ::core::option::Option::Some("|(id, ..)| id"),
            });
        let exchange1 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `left_join(payments).on(|(id, ..)| id, |(order, ..)| order).w`, line 14",
                key: ::core::option::Option::Some("|(order, ..)| order"),
            });
        let exchange2 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `join(payments).on(|(id, ..)| id, |(order, ..)| order).within`, line 23",
                key: ::core::option::Option::Some("|(id, ..)| id"),
            });
        let exchange3 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `join(payments).on(|(id, ..)| id, |(order, ..)| order).within`, line 23",
                key: ::core::option::Option::Some("|(order, ..)| order"),
            });
        let exchange4 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `join(payments).on(|p| p.0, |p| p.0).as_of()`, line 27",
                key: ::core::option::Option::Some("|p| p.0"),
            });
        let exchange5 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `join(payments).on(|p| p.0, |p| p.0).as_of()`, line 27",
                key: ::core::option::Option::Some("|p| p.0"),
            });
        let exchange6 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `co_group(payments).on(|(id, ..)| id, |(order, ..)| order).wi`, line 29",
                key: ::core::option::Option::Some("|(id, ..)| id"),
            });
        let exchange7 = plan
            .edge(::thalweg::__private::EdgePlan {
                partition: ::thalweg::__private::Partition::Key,
                label: "record, whole for `co_group(payments).on(|(id, ..)| id, |(order, ..)| order).wi`, line 29",
                key: ::core::option::Option::Some("|(order, ..)| order"),
            });
        {
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection(Vec::<(u64, String, Timestamp)>::new()))",
                        ::core::file!(), 6u32, 6u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|(.., at)| at)", ::core::file!(), 7u32, 7u32)
                    ],
                    ::std::vec![],
                    ::std::vec![exchange0.id(), exchange2.id(), exchange6.id()],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source0 = cx.source(&source0)?;
                    let watermarks0 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy0));
                    let exchange0 = cx.timed_output(exchange0, &watermarks0);
                    let exchange2 = cx.timed_output(exchange2, &watermarks0);
                    let exchange6 = cx.timed_output(exchange6, &watermarks0);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source0 = &mut *source0.borrow_mut();
                        let watermarks0 = &mut *watermarks0.borrow_mut();
                        let exchange0 = &mut *exchange0.borrow_mut();
                        let exchange2 = &mut *exchange2.borrow_mut();
                        let exchange6 = &mut *exchange6.borrow_mut();
                        let rows = source0.read(turn)?;
                        let clock0 = watermarks0.split(turn.split());
                        for record in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock0
                                .observe(
                                    ::thalweg::__private::apply(record, |(.., at)| at),
                                );
                            {
                                exchange0
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(id, ..)| id),
                                        record,
                                    );
                            }
                            {
                                exchange2
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(id, ..)| id),
                                        record,
                                    );
                            }
                            {
                                exchange6
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(id, ..)| id),
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
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("source",
                        "source(collection(Vec::<(u64, i64, Timestamp)>::new()))",
                        ::core::file!(), 9u32, 9u32),
                        ::thalweg::__private::OperatorSpec::new("event_time",
                        "event_time(|(.., at)| at)", ::core::file!(), 10u32, 10u32)
                    ],
                    ::std::vec![],
                    ::std::vec![
                        exchange1.id(), exchange3.id(), exchange4.id(), exchange5.id(),
                        exchange7.id()
                    ],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let source1 = cx.source(&source1)?;
                    let watermarks1 = cx
                        .watermarks(::core::clone::Clone::clone(&strategy1));
                    let exchange1 = cx.timed_output(exchange1, &watermarks1);
                    let exchange3 = cx.timed_output(exchange3, &watermarks1);
                    let exchange4 = cx.timed_output(exchange4, &watermarks1);
                    let exchange5 = cx.timed_output(exchange5, &watermarks1);
                    let exchange7 = cx.timed_output(exchange7, &watermarks1);
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let source1 = &mut *source1.borrow_mut();
                        let watermarks1 = &mut *watermarks1.borrow_mut();
                        let exchange1 = &mut *exchange1.borrow_mut();
                        let exchange3 = &mut *exchange3.borrow_mut();
                        let exchange4 = &mut *exchange4.borrow_mut();
                        let exchange5 = &mut *exchange5.borrow_mut();
                        let exchange7 = &mut *exchange7.borrow_mut();
                        let rows = source1.read(turn)?;
                        let clock1 = watermarks1.split(turn.split());
                        for record in rows {
                            let time = ::thalweg::__private::Timestamp::MIN;
                            let time = clock1
                                .observe(
                                    ::thalweg::__private::apply(record, |(.., at)| at),
                                );
                            {
                                exchange1
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(order, ..)| order),
                                        record,
                                    );
                            }
                            {
                                exchange3
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(order, ..)| order),
                                        record,
                                    );
                            }
                            {
                                exchange4
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |p| p.0),
                                        record,
                                    );
                            }
                            {
                                exchange5
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |p| p.0),
                                        record,
                                    );
                            }
                            {
                                exchange7
                                    .push_keyed(
                                        time,
                                        ::thalweg::__private::apply(record, |(order, ..)| order),
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
            plan.chain(
                ::thalweg::__private::ChainSpec::new(
                    ::std::vec![
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(id, ..)| id)", ::core::file!(), 15u32, 15u32),
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(order, ..)| order)", ::core::file!(), 15u32, 15u32),
                        ::thalweg::__private::OperatorSpec::new("left_join",
                        "left_join(payments).on(|(id, ..)| id, |(order, ..)| order).window(tumbling(mins(5)))",
                        ::core::file!(), 14u32, 16u32).state("left_join/0")
                        .keeps("per key and window: both sides' records; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("side", "side late",
                        ::core::file!(), 12u32, 12u32),
                        ::thalweg::__private::OperatorSpec::new("map",
                        "map(|((_, item, _), paid)| (item, paid.is_some()))",
                        ::core::file!(), 19u32, 19u32),
                        ::thalweg::__private::OperatorSpec::new("sink", "sink(print())",
                        ::core::file!(), 20u32, 20u32),
                        ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 21u32, 21u32)
                    ],
                    ::std::vec![exchange0.id(), exchange1.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange0 = cx.input(exchange0);
                    let join0 = cx
                        .state(
                            "left_join/0",
                            ::thalweg::__private::WindowJoin::new(
                                ::core::clone::Clone::clone(&bound0),
                                ::thalweg::__private::JoinKind::Left,
                            ),
                        );
                    let side0 = cx.scratch();
                    let exchange1 = cx.input(exchange1);
                    let sink0 = cx.sink(&sink0)?;
                    let sink1 = cx.sink(&sink1)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let join0 = &mut *join0.borrow_mut();
                        let side0 = &mut *side0.borrow_mut();
                        let sink0 = &mut *sink0.borrow_mut();
                        let sink1 = &mut *sink1.borrow_mut();
                        for chunk in exchange0.chunks(turn) {
                            join0.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                if !join0.left(turn, time, hash, key, record) {
                                    side0.push(time, record);
                                }
                            }
                        }
                        for chunk in exchange1.chunks(turn) {
                            join0.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join0.right(turn, time, hash, key, record);
                            }
                        }
                        while let ::core::option::Option::Some(joined) = join0.fire(turn)
                        {
                            let time = joined.time();
                            let item = joined.left();
                            let record = ::thalweg::__private::view(&item);
                            let item1 = ::thalweg::__private::apply(
                                record,
                                |((_, item, _), paid)| (item, paid.is_some()),
                            );
                            let record = ::thalweg::__private::view(&item1);
                            sink0.write(time, record)?;
                        }
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
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(id, ..)| id)", ::core::file!(), 24u32, 24u32),
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(order, ..)| order)", ::core::file!(), 24u32, 24u32),
                        ::thalweg::__private::OperatorSpec::new("join",
                        "join(payments).on(|(id, ..)| id, |(order, ..)| order).within(mins(0)..=mins(30))",
                        ::core::file!(), 23u32, 25u32).state("join/0")
                        .keeps("per key: both sides' records, as long as a partner may come"),
                        ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 26u32, 26u32)
                    ],
                    ::std::vec![exchange2.id(), exchange3.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange2 = cx.input(exchange2);
                    let join1 = cx
                        .state(
                            "join/0",
                            ::thalweg::__private::IntervalJoin::new(
                                ::core::clone::Clone::clone(&bound1),
                                ::thalweg::__private::JoinKind::Inner,
                            ),
                        );
                    let exchange3 = cx.input(exchange3);
                    let sink2 = cx.sink(&sink2)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let join1 = &mut *join1.borrow_mut();
                        let sink2 = &mut *sink2.borrow_mut();
                        for chunk in exchange2.chunks(turn) {
                            join1.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join1.left(turn, time, hash, key, record);
                            }
                        }
                        for chunk in exchange3.chunks(turn) {
                            join1.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join1.right(turn, time, hash, key, record);
                            }
                        }
                        while let ::core::option::Option::Some(joined) = join1.fire(turn)
                        {
                            let time = joined.time();
                            let item = joined.inner();
                            let record = ::thalweg::__private::view(&item);
                            sink2.write(time, record)?;
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
                        ::thalweg::__private::OperatorSpec::new("on", "on(|p| p.0)",
                        ::core::file!(), 27u32, 27u32),
                        ::thalweg::__private::OperatorSpec::new("on", "on(|p| p.0)",
                        ::core::file!(), 27u32, 27u32),
                        ::thalweg::__private::OperatorSpec::new("join",
                        "join(payments).on(|p| p.0, |p| p.0).as_of()", ::core::file!(),
                        27u32, 27u32).state("join/1")
                        .keeps("per key: the latest right record, and what the watermark has not reached"),
                        ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 27u32, 27u32)
                    ],
                    ::std::vec![exchange4.id(), exchange5.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange4 = cx.input(exchange4);
                    let join2 = cx
                        .state(
                            "join/1",
                            ::thalweg::__private::AsOfJoin::new(
                                ::thalweg::__private::JoinKind::Inner,
                            ),
                        );
                    let exchange5 = cx.input(exchange5);
                    let sink3 = cx.sink(&sink3)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let join2 = &mut *join2.borrow_mut();
                        let sink3 = &mut *sink3.borrow_mut();
                        for chunk in exchange4.chunks(turn) {
                            join2.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join2.left(turn, time, hash, key, record);
                            }
                        }
                        for chunk in exchange5.chunks(turn) {
                            join2.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join2.right(turn, time, hash, key, record);
                            }
                        }
                        while let ::core::option::Option::Some(joined) = join2.fire(turn)
                        {
                            let time = joined.time();
                            let item = joined.inner();
                            let record = ::thalweg::__private::view(&item);
                            sink3.write(time, record)?;
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
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(id, ..)| id)", ::core::file!(), 30u32, 30u32),
                        ::thalweg::__private::OperatorSpec::new("on",
                        "on(|(order, ..)| order)", ::core::file!(), 30u32, 30u32),
                        ::thalweg::__private::OperatorSpec::new("co_group",
                        "co_group(payments).on(|(id, ..)| id, |(order, ..)| order).window(session(mins(1))).apply(|w, orders, payments, out| out.emit((w.key(), orders.len()..)",
                        ::core::file!(), 29u32, 32u32).state("co_group/0")
                        .keeps("per key and window: both sides' records; a timer per window end"),
                        ::thalweg::__private::OperatorSpec::new("filter",
                        "filter(|(_, orders, _)| orders > 0)", ::core::file!(), 33u32,
                        33u32), ::thalweg::__private::OperatorSpec::new("sink",
                        "sink(discard())", ::core::file!(), 34u32, 34u32)
                    ],
                    ::std::vec![exchange6.id(), exchange7.id()],
                    ::std::vec![],
                ),
                move |cx: &mut ::thalweg::__private::TaskContext| {
                    let exchange6 = cx.input(exchange6);
                    let join3 = cx
                        .state(
                            "co_group/0",
                            ::thalweg::__private::WindowJoin::new(
                                ::core::clone::Clone::clone(&bound3),
                                ::thalweg::__private::JoinKind::CoGroup,
                            ),
                        );
                    let exchange7 = cx.input(exchange7);
                    let emitted3 = cx.scratch();
                    let sink4 = cx.sink(&sink4)?;
                    ::core::result::Result::Ok(move |
                        turn: &mut ::thalweg::__private::Turn<'_>,
                    | -> ::core::result::Result<(), ::thalweg::__private::Failure> {
                        let join3 = &mut *join3.borrow_mut();
                        let emitted3 = &mut *emitted3.borrow_mut();
                        let sink4 = &mut *sink4.borrow_mut();
                        for chunk in exchange6.chunks(turn) {
                            join3.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join3.left(turn, time, hash, key, record);
                            }
                        }
                        for chunk in exchange7.chunks(turn) {
                            join3.prepare(chunk.hashes());
                            for (time, hash, (key, record)) in chunk.records() {
                                let _ = join3.right(turn, time, hash, key, record);
                            }
                        }
                        while let ::core::option::Option::Some(group) = join3.group(turn)
                        {
                            ::thalweg::__private::apply_group(
                                &group,
                                emitted3,
                                |w, orders, payments, out| {
                                    out
                                        .emit((w.key(), orders.len() as u64, payments.len() as u64))
                                },
                            );
                            for (time, record) in emitted3.records() {
                                if ::thalweg::__private::apply(
                                    record,
                                    |(_, orders, _)| orders > 0,
                                ) {
                                    sink4.write(time, record)?;
                                }
                            }
                            emitted3.clear();
                        }
                        ::core::result::Result::Ok(())
                    })
                },
            );
        }
        ::core::result::Result::Ok(())
    }
    ::thalweg::__private::Definition {
        name: "joins",
        function: "joins",
        doc: "Two inputs in one chain, joined by window, by interval, as of a time, and grouped.",
        parameters: ::std::vec![],
        build: |plan, arguments| { ::core::result::Result::Ok(build(plan)?) },
    }
}
