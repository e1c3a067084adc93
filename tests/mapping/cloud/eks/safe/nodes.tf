terraform {
  backend "s3" {
    bucket = "print-terraform"
    key    = "estate.tfstate"
  }
}

resource "aws_launch_template" "batch" {
  name = "batch"

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }
}

resource "aws_eks_node_group" "batch" {
  cluster_name    = "print"
  node_group_name = "batch"
  node_role_arn   = aws_iam_role.batch.arn

  launch_template {
    name    = aws_launch_template.batch.name
    version = "1"
  }
}

resource "aws_iam_role" "batch" {
  name = "print-batch"

  assume_role_policy = <<-POLICY
    {
      "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
      ]
    }
  POLICY
}

resource "aws_iam_role_policy_attachment" "batch" {
  role       = aws_iam_role.batch.name
  policy_arn = aws_iam_policy.batch.arn
}

resource "aws_iam_policy" "batch" {
  name   = "batch"
  policy = data.aws_iam_policy_document.batch.json
}

data "aws_iam_policy_document" "batch" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::print-terraform/*"]
  }

  statement {
    actions   = ["lambda:Get*"]
    resources = ["*"]
  }

  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["arn:aws:s3:::print-archive/*"]
  }
}
