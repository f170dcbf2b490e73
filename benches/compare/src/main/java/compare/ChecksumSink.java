package compare;

import java.io.Serializable;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/** Folds its records into a count and the exclusive or of their hashes. */
public class ChecksumSink<T> implements Sink<T> {
    /** The hash of one record. */
    public interface Hash<T> extends Serializable {
        long of(T record);
    }

    private final Hash<T> hash;

    public ChecksumSink(Hash<T> hash) {
        this.hash = hash;
    }

    @Override
    public SinkWriter<T> createWriter(WriterInitContext context) {
        return new Writer<>(hash);
    }

    private static final class Writer<T> implements SinkWriter<T> {
        private final Hash<T> hash;
        private long rows;
        private long xor;

        Writer(Hash<T> hash) {
            this.hash = hash;
        }

        @Override
        public void write(T record, Context context) {
            rows++;
            xor ^= hash.of(record);
        }

        @Override
        public void flush(boolean endOfInput) {
            if (endOfInput) {
                Measure.ended(rows, xor);
            }
        }

        @Override
        public void close() {}
    }
}
