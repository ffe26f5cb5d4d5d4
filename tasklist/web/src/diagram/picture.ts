/** Pictures of points from pictures of lines. */

const FAILED = "This browser cannot make a picture of the diagram.";
const MOST_POINTS = 8000;

/** The SVG as a PNG with twice the points, on a ground of this colour. */
export async function pngOf(svg: string, ground: string): Promise<Blob> {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, MOST_POINTS / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, picture.width * scale);
  canvas.height = Math.max(1, picture.height * scale);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error(FAILED);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(FAILED))), "image/png"));
}
