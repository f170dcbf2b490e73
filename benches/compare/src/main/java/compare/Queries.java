package compare;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.api.common.functions.JoinFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.EventTimeSessionWindows;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** The queries, written to favour Flink: objects reused, no generic types, only what is needed before each exchange. */
final class Queries {
    private static final long KEYS = 100_000;
    private static final long MANY_KEYS = 10_000_000;
    private static final TypeInformation<Event> EVENT = TypeInformation.of(Event.class);
    private static final TypeInformation<Row> ROW = TypeInformation.of(Row.class);
    private static final KeySelector<Long, Long> ITSELF = key -> key;

    private final StreamExecutionEnvironment env;
    private final long events;
    private final long warmUp;

    Queries(StreamExecutionEnvironment env, long events, long warmUp) {
        this.env = env;
        this.events = events;
        this.warmUp = warmUp;
    }

    void build(String query) {
        switch (query) {
            case "q0" -> q0();
            case "q1" -> q1();
            case "q2" -> q2();
            case "kc" -> kc(KEYS, 0);
            case "kc10m" -> kc(MANY_KEYS, 0);
            case "kc10m-all" -> kc(MANY_KEYS, MANY_KEYS);
            case "kc10m-text" -> kcText();
            case "kcb" -> kcb();
            case "q5" -> q5();
            case "q7" -> q7();
            case "q8" -> q8();
            case "q11" -> q11();
            default -> throw new IllegalArgumentException("no query `" + query + "`");
        }
    }

    private DataStream<Event> events(boolean timed) {
        RingSource<Event> source = new RingSource<>(RingSource.Kind.EVENTS, events, warmUp, 0);
        WatermarkStrategy<Event> strategy =
                timed ? WatermarkStrategy.forGenerator(context -> new Lag()) : WatermarkStrategy.noWatermarks();
        return env.fromSource(source, strategy, "events", EVENT);
    }

    private void q0() {
        events(false)
                .map((MapFunction<Event, Event>) event -> event)
                .returns(EVENT)
                .sinkTo(new ChecksumSink<>(Event::hash));
    }

    private void q1() {
        events(false)
                .flatMap(new InEuros())
                .returns(TypeInformation.of(Bid.class))
                .sinkTo(new ChecksumSink<>(Nexmark::hash));
    }

    private void q2() {
        events(false)
                .filter(event -> event.kind == Event.BID && event.bid.auction % 123 == 0)
                .map(new AuctionAndPrice())
                .returns(TypeInformation.of(KeyAndTime.class))
                .sinkTo(new ChecksumSink<>(row -> Nexmark.h(row.key, row.time)));
    }

    private void kc(long keys, long first) {
        RingSource<KeyAndTime> source = new RingSource<>(RingSource.Kind.KEYS, events, warmUp, keys, first);
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "keys", TypeInformation.of(KeyAndTime.class))
                .keyBy((KeySelector<KeyAndTime, Long>) record -> record.key, Types.LONG)
                .process(new CountPerKey<Long, KeyAndTime>(key -> key))
                .returns(Types.LONG)
                .sinkTo(new ChecksumSink<>(nothing -> 0));
    }

    private void kcText() {
        RingSource<TextAndTime> source = new RingSource<>(RingSource.Kind.TEXTS, events, warmUp, MANY_KEYS);
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "texts", TypeInformation.of(TextAndTime.class))
                .keyBy((KeySelector<TextAndTime, String>) record -> record.key, Types.STRING)
                .process(new CountPerKey<String, TextAndTime>(Nexmark::keyOf))
                .returns(Types.LONG)
                .sinkTo(new ChecksumSink<>(nothing -> 0));
    }

    private void kcb() {
        RingSource<Bid> source = new RingSource<>(RingSource.Kind.BIDS_BY_KEY, events, warmUp, KEYS);
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "bids", TypeInformation.of(Bid.class))
                .keyBy((KeySelector<Bid, Long>) bid -> bid.auction, Types.LONG)
                .process(new CountPerKey<Long, Bid>(key -> key))
                .returns(Types.LONG)
                .sinkTo(new ChecksumSink<>(nothing -> 0));
    }

    private void q5() {
        events(true)
                .flatMap((FlatMapFunction<Event, Long>) (event, out) -> {
                    if (event.kind == Event.BID) {
                        out.collect(event.bid.auction);
                    }
                })
                .returns(Types.LONG)
                .keyBy(ITSELF, Types.LONG)
                .window(SlidingEventTimeWindows.of(Duration.ofSeconds(10), Duration.ofSeconds(2)))
                .aggregate(new Count(), new WithWindow(), Types.LONG, Types.LONG, ROW)
                .windowAll(TumblingEventTimeWindows.of(Duration.ofSeconds(2)))
                .reduce((x, y) -> y.d > x.d || (y.d == x.d && y.a < x.a) ? y : x)
                .sinkTo(new ChecksumSink<>(row -> Nexmark.h(Nexmark.h(row.a, row.c), row.d)));
    }

    private void q7() {
        events(true)
                .flatMap(new WithoutTexts())
                .returns(TypeInformation.of(BidNumbers.class))
                .windowAll(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
                .reduce((x, y) -> y.isBetterThan(x) ? y : x)
                .sinkTo(new ChecksumSink<>(
                        bid -> Nexmark.h(bid.auction * 31 + bid.bidder * 17 + bid.price, bid.dateTime)));
    }

    private void q8() {
        DataStream<Event> events = events(true);
        DataStream<Row> persons = events.flatMap(new Persons()).returns(ROW);
        DataStream<Row> auctions = events.flatMap(new Auctions()).returns(ROW);
        persons.join(auctions)
                .where(person -> person.a, Types.LONG)
                .equalTo(auction -> auction.a, Types.LONG)
                .window(TumblingEventTimeWindows.of(Duration.ofSeconds(10)))
                .apply((JoinFunction<Row, Row, Row>) (person, auction) -> new Row(person.a, auction.b, 0, 0), ROW)
                .sinkTo(new ChecksumSink<>(row -> Nexmark.h(row.a, row.b)));
    }

    private void q11() {
        events(true)
                .flatMap((FlatMapFunction<Event, Long>) (event, out) -> {
                    if (event.kind == Event.BID) {
                        out.collect(event.bid.bidder);
                    }
                })
                .returns(Types.LONG)
                .keyBy(ITSELF, Types.LONG)
                .window(EventTimeSessionWindows.withGap(Duration.ofSeconds(10)))
                .aggregate(new Count(), new WithWindow(), Types.LONG, Types.LONG, ROW)
                .sinkTo(new ChecksumSink<>(
                        row -> Nexmark.h(Nexmark.h(Nexmark.h(row.a, row.b), row.c), row.d)));
    }

    /** q1: the price in another currency. */
    static final class InEuros extends RichFlatMapFunction<Event, Bid> {
        private transient Bid made;

        @Override
        public void open(OpenContext context) {
            made = new Bid();
        }

        @Override
        public void flatMap(Event event, Collector<Bid> out) {
            if (event.kind != Event.BID) {
                return;
            }
            Bid bid = event.bid;
            made.auction = bid.auction;
            made.bidder = bid.bidder;
            made.price = (long) (bid.price * 0.908);
            made.channel = bid.channel;
            made.url = bid.url;
            made.dateTime = bid.dateTime;
            out.collect(made);
        }
    }

    /** q2: what is left of a bid. */
    static final class AuctionAndPrice extends RichMapFunction<Event, KeyAndTime> {
        private transient KeyAndTime made;

        @Override
        public void open(OpenContext context) {
            made = new KeyAndTime();
        }

        @Override
        public KeyAndTime map(Event event) {
            made.key = event.bid.auction;
            made.time = event.bid.price;
            return made;
        }
    }

    /** q7: a bid's numbers, all that its exchange has to carry. */
    public static final class BidNumbers {
        public long auction;
        public long bidder;
        public long price;
        public long dateTime;

        public BidNumbers() {}

        boolean isBetterThan(BidNumbers other) {
            if (price != other.price) {
                return price > other.price;
            }
            if (auction != other.auction) {
                return auction < other.auction;
            }
            return bidder < other.bidder || (bidder == other.bidder && dateTime < other.dateTime);
        }
    }

    static final class WithoutTexts extends RichFlatMapFunction<Event, BidNumbers> {
        private transient BidNumbers made;

        @Override
        public void open(OpenContext context) {
            made = new BidNumbers();
        }

        @Override
        public void flatMap(Event event, Collector<BidNumbers> out) {
            if (event.kind != Event.BID) {
                return;
            }
            made.auction = event.bid.auction;
            made.bidder = event.bid.bidder;
            made.price = event.bid.price;
            made.dateTime = event.bid.dateTime;
            out.collect(made);
        }
    }

    /** q8: the ids of persons. */
    static final class Persons extends RichFlatMapFunction<Event, Row> {
        private transient Row made;

        @Override
        public void open(OpenContext context) {
            made = new Row();
        }

        @Override
        public void flatMap(Event event, Collector<Row> out) {
            if (event.kind == Event.PERSON) {
                made.a = event.person.id;
                out.collect(made);
            }
        }
    }

    /** q8: sellers, and what they sell. */
    static final class Auctions extends RichFlatMapFunction<Event, Row> {
        private transient Row made;

        @Override
        public void open(OpenContext context) {
            made = new Row();
        }

        @Override
        public void flatMap(Event event, Collector<Row> out) {
            if (event.kind == Event.AUCTION) {
                made.a = event.auction.seller;
                made.b = event.auction.id;
                out.collect(made);
            }
        }
    }

    /** kc, kcb: a running count per key, answered in place, because there is nothing to send on. */
    static final class CountPerKey<K, T> extends KeyedProcessFunction<K, T, Long> {
        private final ChecksumSink.Hash<K> number;
        private transient ValueState<Long> count;
        private long rows;
        private long xor;

        /** A key's number is what its rows are hashed by. */
        CountPerKey(ChecksumSink.Hash<K> number) {
            this.number = number;
        }

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Types.LONG));
        }

        @Override
        public void processElement(T record, Context context, Collector<Long> out) throws Exception {
            Long before = count.value();
            long now = before == null ? 1 : before + 1;
            count.update(now);
            rows++;
            xor ^= Nexmark.h(number.of(context.getCurrentKey()), now);
        }

        @Override
        public void close() {
            Measure.add(rows, xor);
        }
    }

    static final class Count implements AggregateFunction<Long, Long, Long> {
        @Override
        public Long createAccumulator() {
            return 0L;
        }

        @Override
        public Long add(Long value, Long count) {
            return count + 1;
        }

        @Override
        public Long getResult(Long count) {
            return count;
        }

        @Override
        public Long merge(Long a, Long b) {
            return a + b;
        }
    }

    static final class WithWindow extends ProcessWindowFunction<Long, Row, Long, TimeWindow> {
        @Override
        public void process(Long key, Context context, Iterable<Long> counts, Collector<Row> out) {
            long count = counts.iterator().next();
            out.collect(new Row(key, context.window().getStart(), context.window().getEnd(), count));
        }
    }
}
