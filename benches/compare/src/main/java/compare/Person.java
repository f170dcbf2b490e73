package compare;

/** Someone who sells or bids. */
public class Person {
    public long id, dateTime;
    public String name, email, city, state;

    public Person() {}
}
