package compare;

/** A result of the queries with windows: up to four numbers. */
public class Row {
    public long a;
    public long b;
    public long c;
    public long d;

    public Row() {}

    public Row(long a, long b, long c, long d) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }
}
