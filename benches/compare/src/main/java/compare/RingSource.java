package compare;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * Emits records from memory: a lap of events is made before the job starts and shifted in place from lap to lap. One
 * split per reader; event {@code i} belongs to reader {@code i mod parallelism}.
 */
public class RingSource<T> implements Source<T, RingSource.Share, Integer> {
    /** What a reader emits. */
    public enum Kind { EVENTS, KEYS, TEXTS, BIDS_BY_KEY }

    private static final int RECORDS_PER_POLL = 128;

    private final Kind kind;
    private final long events;
    private final long warmUp;
    private final long keys;
    private final long first;

    public RingSource(Kind kind, long events, long warmUp, long keys) {
        this(kind, events, warmUp, keys, 0);
    }

    /** With so many keys that come once each, before all come at random. */
    public RingSource(Kind kind, long events, long warmUp, long keys, long first) {
        this.kind = kind;
        this.events = events;
        this.warmUp = warmUp;
        this.keys = keys;
        this.first = first;
    }

    /** The part of one reader. */
    public static class Share implements SourceSplit, Serializable {
        final int reader;

        Share(int reader) {
            this.reader = reader;
        }

        @Override
        public String splitId() {
            return Integer.toString(reader);
        }
    }

    @Override
    public Boundedness getBoundedness() {
        // As in production: a bounded source would let Flink choose other exchanges.
        return Boundedness.CONTINUOUS_UNBOUNDED;
    }

    @Override
    public SplitEnumerator<Share, Integer> createEnumerator(SplitEnumeratorContext<Share> context) {
        return new OnePerReader(context);
    }

    @Override
    public SplitEnumerator<Share, Integer> restoreEnumerator(SplitEnumeratorContext<Share> context, Integer state) {
        return new OnePerReader(context);
    }

    @Override
    public SimpleVersionedSerializer<Share> getSplitSerializer() {
        return new IntSerializer<>() {
            @Override
            int toInt(Share share) {
                return share.reader;
            }

            @Override
            Share ofInt(int reader) {
                return new Share(reader);
            }
        };
    }

    @Override
    public SimpleVersionedSerializer<Integer> getEnumeratorCheckpointSerializer() {
        return new IntSerializer<>() {
            @Override
            int toInt(Integer value) {
                return value;
            }

            @Override
            Integer ofInt(int value) {
                return value;
            }
        };
    }

    @Override
    @SuppressWarnings("unchecked")
    public SourceReader<T, Share> createReader(SourceReaderContext context) {
        int reader = context.getIndexOfSubtask();
        int readers = context.currentParallelism();
        SourceReader<?, ?> made = switch (kind) {
            case EVENTS -> new EventReader(this, reader, readers);
            case KEYS -> new KeyReader(this, reader, readers);
            case TEXTS -> new TextReader(this, reader, readers);
            case BIDS_BY_KEY -> new BidReader(this, reader, readers);
        };
        return (SourceReader<T, Share>) made;
    }

    private abstract static class IntSerializer<V> implements SimpleVersionedSerializer<V> {
        abstract int toInt(V value);

        abstract V ofInt(int value);

        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(V value) {
            return ByteBuffer.allocate(4).putInt(toInt(value)).array();
        }

        @Override
        public V deserialize(int version, byte[] bytes) {
            return ofInt(ByteBuffer.wrap(bytes).getInt());
        }
    }

    private static final class OnePerReader implements SplitEnumerator<Share, Integer> {
        private final SplitEnumeratorContext<Share> context;

        OnePerReader(SplitEnumeratorContext<Share> context) {
            this.context = context;
        }

        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int reader, String host) {}

        @Override
        public void addSplitsBack(List<Share> splits, int reader) {}

        @Override
        public void addReader(int reader) {
            context.assignSplit(new Share(reader), reader);
            context.signalNoMoreSplits(reader);
        }

        @Override
        public Integer snapshotState(long checkpoint) {
            return 0;
        }

        @Override
        public void close() {}
    }

    private abstract static class RingReader<T> implements SourceReader<T, Share> {
        final int reader;
        final int readers;
        final long keys;
        final long first;
        private final long end;
        private final long warmUntil;
        private long next;
        private boolean assigned;
        private final CompletableFuture<Void> available = new CompletableFuture<>();

        RingReader(RingSource<?> source, int reader, int readers) {
            this.reader = reader;
            this.readers = readers;
            keys = source.keys;
            first = source.first;
            end = (source.events - reader + readers - 1) / readers;
            warmUntil = source.warmUp / readers;
        }

        /** Emits the records of the reader from one number to the next. */
        abstract void emit(ReaderOutput<T> output, long from, long to);

        /** The number of a record among those of all readers. */
        final long numberOf(long mine) {
            return mine * readers + reader;
        }

        @Override
        public void start() {}

        @Override
        public InputStatus pollNext(ReaderOutput<T> output) {
            if (!assigned) {
                return InputStatus.NOTHING_AVAILABLE;
            }
            long to = Math.min(end, next + RECORDS_PER_POLL);
            if (next <= warmUntil && to > warmUntil) {
                Measure.warm();
            }
            emit(output, next, to);
            next = to;
            return to >= end ? InputStatus.END_OF_INPUT : InputStatus.MORE_AVAILABLE;
        }

        @Override
        public void addSplits(List<Share> splits) {
            assigned = true;
            available.complete(null);
        }

        @Override
        public List<Share> snapshotState(long checkpoint) {
            return assigned ? List.of(new Share(reader)) : List.of();
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return available;
        }

        @Override
        public void notifyNoMoreSplits() {}

        @Override
        public void close() {}
    }

    private static final class EventReader extends RingReader<Event> {
        private Event[] lap;
        private int at;

        EventReader(RingSource<?> source, int reader, int readers) {
            super(source, reader, readers);
        }

        @Override
        public void start() {
            lap = Nexmark.lap(reader, readers);
        }

        @Override
        void emit(ReaderOutput<Event> output, long from, long to) {
            for (long i = from; i < to; i++) {
                Event event = lap[at];
                output.collect(event, event.time());
                Nexmark.shift(event);
                at = at + 1 == lap.length ? 0 : at + 1;
            }
        }
    }

    private static final class KeyReader extends RingReader<KeyAndTime> {
        private final KeyAndTime record = new KeyAndTime();

        KeyReader(RingSource<?> source, int reader, int readers) {
            super(source, reader, readers);
        }

        @Override
        void emit(ReaderOutput<KeyAndTime> output, long from, long to) {
            for (long i = from; i < to; i++) {
                long number = numberOf(i);
                record.key = Nexmark.key(number, keys, first);
                record.time = Nexmark.BASE + number / 10;
                output.collect(record, record.time);
            }
        }
    }

    private static final class TextReader extends RingReader<TextAndTime> {
        private final TextAndTime record = new TextAndTime();

        TextReader(RingSource<?> source, int reader, int readers) {
            super(source, reader, readers);
        }

        @Override
        void emit(ReaderOutput<TextAndTime> output, long from, long to) {
            for (long i = from; i < to; i++) {
                long number = numberOf(i);
                record.key = Nexmark.text(Nexmark.key(number, keys, first));
                record.time = Nexmark.BASE + number / 10;
                output.collect(record, record.time);
            }
        }
    }

    private static final class BidReader extends RingReader<Bid> {
        private Bid[] bids;
        private int at;

        BidReader(RingSource<?> source, int reader, int readers) {
            super(source, reader, readers);
        }

        @Override
        public void start() {
            List<Bid> all = new ArrayList<>();
            for (Event event : Nexmark.lap(reader, readers)) {
                if (event.bid != null) {
                    all.add(event.bid);
                }
            }
            bids = all.toArray(new Bid[0]);
        }

        @Override
        void emit(ReaderOutput<Bid> output, long from, long to) {
            for (long i = from; i < to; i++) {
                long number = numberOf(i);
                Bid bid = bids[at];
                bid.auction = Nexmark.key(number, keys);
                bid.dateTime = Nexmark.BASE + number / 10;
                output.collect(bid, bid.dateTime);
                at = at + 1 == bids.length ? 0 : at + 1;
            }
        }
    }
}
