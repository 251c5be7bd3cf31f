import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** A program that knows only the URLs of the cloud. */
public class Program {
  public static void main(String[] arguments) throws Exception {
    HttpClient client = HttpClient.newHttpClient();
    URI meshes = URI.create("https://asm.cn-north-4.myhuaweicloud.com/v1/0605767aee00d2562f3cc0123456789a/meshes");
    HttpRequest request = HttpRequest.newBuilder(meshes).header("X-Auth-Token", "token-of-ann").build();
    System.out.println(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode());
    URI version = URI.create("https://iam.cn-north-4.myhuaweicloud.com/v3");
    HttpURLConnection connection = (HttpURLConnection) version.toURL().openConnection();
    System.out.println(connection.getResponseCode());
  }
}
